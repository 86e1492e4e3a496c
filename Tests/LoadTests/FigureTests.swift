import Primitives
import Testing

@testable import Load

@Suite struct HistogramTests {
  @Test func withoutATimeThereIsNoQuantile() {
    #expect(Histogram().quantile(0.5) == nil)
    #expect(Histogram().longest == .zero)
  }

  @Test func quantilesAreRightWithinOnePercent() throws {
    var histogram = Histogram()
    // From 1 µs to 1,000 s, each with as many as any other.
    var times: [Duration] = []
    for exponent in 0..<9 {
      for step in 1..<1_000 {
        var span = Duration.nanoseconds(step * 10)
        for _ in 0..<exponent { span = span * 10 }
        times.append(max(span, .microseconds(1)))
      }
    }
    for span in times { histogram.add(span) }
    times.sort()
    for part in [0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = times[Int((part * Double(times.count - 1)).rounded())]
      let found = try #require(histogram.quantile(part))
      let error = abs((found - exact).seconds)
      #expect(error <= exact.seconds / 100 + 1e-6, "\(part): \(found) instead of \(exact)")
    }
    #expect(histogram.count == UInt64(times.count))
    #expect(histogram.longest == times.last)
  }

  @Test func noQuantileIsLongerThanTheLongest() {
    var histogram = Histogram()
    for _ in 0..<100 { histogram.add(.microseconds(1_000_001)) }
    #expect(histogram.quantile(1) ?? .zero <= .microseconds(1_000_001))
  }
}

@Suite struct FlowTests {
  private let interval = Duration.milliseconds(66)

  @Test func whatComesInTimeIsNoFreeze() {
    var now = Instant.origin
    var flow = Flow(at: now, interval: interval)
    for number in 0..<100 {
      // Late by half an interval now and then.
      now = now + interval + (number % 7 == 0 ? interval / 2 : .zero)
      #expect(flow.arrive(at: now) == nil)
    }
    #expect(flow.freeze(endingAt: now + interval * 2) == nil)
  }

  @Test func aPauseIsAFreezeOfItsLength() {
    var now = Instant.origin
    var flow = Flow(at: now, interval: interval)
    for _ in 0..<30 {
      now = now + interval
      #expect(flow.arrive(at: now) == nil)
    }
    #expect(flow.arrive(at: now + .seconds(1)) == .seconds(1))
    now = now + .seconds(1)
    // It does not make the next one look usual.
    #expect(flow.arrive(at: now + .milliseconds(300)) == .milliseconds(300))
  }

  @Test func soundsMayBeLateByMoreThanTheirOwnLength() {
    var flow = Flow(at: .origin, interval: .milliseconds(20))
    #expect(flow.arrive(at: .origin + .milliseconds(160)) == nil)
    #expect(flow.arrive(at: .origin + .milliseconds(460)) == .milliseconds(300))
  }

  @Test func aTrackThatStopsForGoodIsFrozenToItsEnd() {
    let flow = Flow(at: .origin, interval: .milliseconds(20))
    #expect(flow.freeze(endingAt: .origin + .seconds(7)) == .seconds(7))
  }
}

@Suite struct FigureTextTests {
  @Test(arguments: [
    (12.345, 2, "12.35"), (0.0004, 3, "0.000"), (-1.5, 0, "-2"), (-0.001, 2, "0.00"),
    (1_000_000, 1, "1000000.0"), (0.999, 2, "1.00"),
  ])
  func numbersHaveTheirDecimals(number: Double, count: Int, text: String) {
    #expect(Figure.decimals(number, count) == text)
  }

  @Test func everyValueHasItsUnit() {
    #expect(Figure("a", "b", "c", .time(.microseconds(1_250))).text == "1.3 ms")
    #expect(Figure("a", "b", "c", .time(nil)).text == "-")
    #expect(Figure("a", "b", "c", .part(0.02)).text == "2.000 %")
    #expect(Figure("a", "b", "c", .part(0.02)).number == 2)
    #expect(Figure("a", "b", "c", .number(1.5, unit: "MB")).text == "1.50 MB")
    #expect(Figure("a", "b", "c", .count(3)).json == 3)
    #expect(Figure("a", "b", "c", .time(nil)).json == .null)
  }
}
