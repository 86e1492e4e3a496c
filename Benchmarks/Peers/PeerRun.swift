import Load
import Primitives

/// One measurement of one server under one load.
struct PeerRun {
  /// Rooms in which media was sent; the last one may have been sent in by some only.
  var rooms: Double
  var tally: SinkTally
  /// From the first packet sent to the last one that came.
  var span: Duration
  /// Time that the server used for it, and its memory then.
  var processor: Duration
  var residentBytes: Int
  /// The part of its processor that the tester used, 0...1.
  var testerLoad: Double
  /// Time for a fixed piece of work on the server's processor, before and after.
  var speed: Duration

  /// Bounds within which a server is said to carry a load.
  private static let lossBound = 0.001
  private static let delayBound = Duration.milliseconds(50)
  /// The part of its processor that the tester may use.
  private static let testerBound = 0.9

  /// Packets a second that came.
  var rate: Double { Double(tally.received) / max(1e-9, span.seconds) }
  /// The server's time for each packet that came, in nanoseconds, as if the fixed piece of work
  /// took `reference`.
  func cost(reference: Duration) -> Double {
    let factor = reference.seconds / max(1e-9, speed.seconds)
    return Double(processor.nanoseconds) / Double(max(1, tally.received)) * factor
  }
  /// Why the run says nothing about the server; nil where it does.
  var voidReason: String? {
    if testerLoad > Self.testerBound { return "tester at \(Int(testerLoad * 100)) %" }
    if tally.droppedHere > 0 { return "\(tally.droppedHere) dropped by the tester" }
    return nil
  }
  /// Whether the server carried the load.
  var isCarried: Bool {
    tally.received > 0 && tally.loss < Self.lossBound && tally.delay(0.99) < Self.delayBound
  }
}

extension PeerRun {
  /// In one line, for those who wait.
  var summary: String {
    let load = Int(testerLoad * 100)
    let cost = tally.received == 0 ? 0 : Int(processor.nanoseconds) / tally.received
    return "\(PeerTable.decimals(rooms)) rooms, \(Int(rate)) packets/s, \(cost) ns each, lost "
      + "\(tally.expected - tally.received) of \(tally.expected) (\(tally.gaps) between others), "
      + "p50 \(tally.delay(0.5).text), p99 \(tally.delay(0.99).text), tester \(load) %"
      + (tally.unreadable > 0 ? ", \(tally.unreadable) unreadable" : "")
      + (tally.duplicates > 0 ? ", \(tally.duplicates) twice" : "")
      + (tally.late > 0 ? ", \(tally.late) late" : "")
      + (tally.misstamped > 0 ? ", \(tally.misstamped) misstamped" : "")
      + (voidReason.map { ", void: \($0)" } ?? "")
  }
}
