import Primitives
import Runtime
import Synchronization

/// Two workers on two threads beside one alone.
enum WorkersBenchmark {
  /// How much two do of what one does, at least.
  static let bound = 1.8
  private static let repetitions = 5

  /// A figure that a thread leaves behind.
  private final class Result: Sendable {
    let value = Mutex(0.0)
  }

  /// Measures, prints, and writes JSON to a file, or nowhere where that is `-`; whether two do
  /// enough.
  static func measure(json file: String) throws -> Bool {
    let (feeds, place) = try makeFeeds()
    var ones: [Double] = []
    var twos: [Double] = []
    for _ in 0..<repetitions {
      // Both rest as long, and either runs alone once.
      for feed in feeds { ones.append(try play([feed])[0]) }
      twos.append(try play(feeds).reduce(0, +))
    }
    for feed in feeds { try feed.check() }
    let (one, two) = (median(ones), median(twos))
    let ratio = two / one
    print(
      "workers, 1 to 64, \(SyntheticStream.videoBytes) bytes, from memory into \(place), packets "
        + "sent in a second of processor time: one \(one.text(0)), two at once \(two.text(0)); "
        + "ratio \(ratio.text(2)), the bound is \(bound.text(2))")
    if file != "-" {
      let report: JSON = [
        "one": .number(one), "two": .number(two), "ratio": .number(ratio), "sink": .string(place),
      ]
      try WholeFile.write(report.description + "\n", to: file)
    }
    return ratio >= bound
  }

  private static func makeFeeds() throws -> (feeds: [RecordedFeed], place: String) {
    do {
      let sinks = try (0..<2).map { try TunSink($0) }
      return (try (0..<2).map { try RecordedFeed(number: $0, sink: sinks[$0]) }, "tun interfaces")
    } catch let failure as BenchmarkFailure {
      print("\(failure): nothing is handed to the kernel")
      return (try (0..<2).map { try RecordedFeed(number: $0, sink: nil) }, "nothing")
    }
  }

  /// Records anew for each feed, and plays them all at once, each on a processor of its own.
  private static func play(_ feeds: [RecordedFeed]) throws -> [Double] {
    for feed in feeds { try feed.record() }
    let results = feeds.map { _ in Result() }
    let threads = try feeds.indices.map { index in
      let (feed, result) = (feeds[index], results[index])
      return try WorkerThread(name: "worker \(index)", processor: index) {
        let rate = feed.play()
        result.value.withLock { $0 = rate }
      }
    }
    for thread in threads { thread.join() }
    return results.map { $0.value.withLock { $0 } }
  }
}
