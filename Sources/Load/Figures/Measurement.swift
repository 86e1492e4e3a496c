import Primitives

/// All that a run has measured, before it is made a report of.
struct Measurement {
  var plan: LoadPlan
  var tally: LoadTally
  var watch: LoadWatch
  var droppedReceiving: UInt64
  var droppedSending: UInt64
  /// From the first to come to the end of all media.
  var span: Duration
  var before: ServerProbe.Sample
  var after: ServerProbe.Sample

  /// How much one of the server's counters has grown; nil where it shows none.
  func growth(_ counter: String) -> UInt64? {
    guard let now = after.counters?["samtal_" + counter] else { return nil }
    let then = before.counters?["samtal_" + counter] ?? 0
    return now - min(now, then)
  }

  /// The processor time that the server has used.
  var serverTime: Duration? {
    guard let now = after.processorTime, let then = before.processorTime else { return nil }
    return now - then
  }

  var origins: LossOrigins {
    LossOrigins(
      tally.downlink, onPurpose: droppedReceiving, overflow: tally.overflows,
      sent: growth("packets_sent_total"), unsent: growth("datagrams_unsent_total"))
  }

  /// How fast the server's memory grew after the first two minutes, in bytes a minute; nil for a
  /// run that was too short.
  var memorySlope: Double? {
    let points = watch.memory.filter { $0.at >= .minutes(2) }
    guard points.count >= 60 else { return nil }
    let times = points.map { $0.at.seconds / 60 }
    let bytes = points.map { Double($0.bytes) }
    let middle = (
      times.reduce(0, +) / Double(points.count), bytes.reduce(0, +) / Double(points.count)
    )
    let covariance = zip(times, bytes).reduce(0) {
      $0 + ($1.0 - middle.0) * ($1.1 - middle.1)
    }
    let variance = times.reduce(0) { $0 + ($1 - middle.0) * ($1 - middle.0) }
    return covariance / variance
  }
}
