import PeerClient
import Primitives
import Wire

/// What a sink has counted since measuring began.
public struct SinkTally: Sendable {
  /// Packets that were published.
  public var sent = 0
  /// Packets that should have come: for each stream that flows, what its source has sent.
  public var expected = 0
  /// Packets that came, each counted once.
  public var received = 0
  /// Packets that are missing between others, by sequence number.
  public var gaps = 0
  /// Packets that came again.
  public var duplicates = 0
  /// Packets that came behind a later one.
  public var late = 0
  /// Packets whose timestamp goes neither with its place nor with its mark.
  public var misstamped = 0
  /// Packets that could not be decrypted, were not announced or had no mark.
  public var unreadable = 0
  /// Datagrams that the tester's own sockets lost, on the way in or out.
  public var droppedHere = 0
  /// Requests for key frames.
  public var keyFrameRequests = 0
  /// Streams that have brought anything.
  public var flowing = 0
  /// Time on the way of one packet in a hundred, sorted.
  public var delays: [Duration] = []

  /// The share of packets that did not come, 0...1.
  public var loss: Double {
    expected == 0 ? 1 : Double(max(0, expected - received)) / Double(expected)
  }

  /// The time within which this part of the packets came, 0...1; zero where none did.
  public func delay(_ part: Double) -> Duration {
    delays.isEmpty ? .zero : delays[Int(part * Double(delays.count - 1) + 0.5)]
  }
}

extension Sink {
  /// Begins to count afresh. Exact where nothing is on its way at this moment.
  public func beginMeasuring() {
    delays.removeAll(keepingCapacity: true)
    countsBefore = counts
    droppedBefore = dropped
    for peer in peers.lazy.compactMap({ $0 }) {
      for index in peer.streams.indices {
        peer.streams[index].baseline = peer.streams[index].counts
      }
      for index in peer.sources.indices { peer.sources[index].baseline = peer.sources[index].sent }
    }
  }

  /// Packets that have come so far, each counted once.
  public var received: Int {
    peers.reduce(0) { sum, peer in
      sum + (peer?.streams.reduce(0) { $0 + Int($1.counts.received) } ?? 0)
    }
  }

  /// What was counted since measuring began. Exact where nothing is on its way at this moment.
  public func measured() -> SinkTally {
    var tally = SinkTally()
    for peer in peers.lazy.compactMap({ $0 }) {
      for source in peer.sources { tally.sent += Int(source.sent - source.baseline) }
      for stream in peer.streams where stream.isFlowing { add(stream, to: &tally) }
    }
    let now = counts
    tally.unreadable = Int(
      now.unreadable + now.unannounced - countsBefore.unreadable - countsBefore.unannounced)
    tally.droppedHere = dropped - droppedBefore + Int(now.unsent - countsBefore.unsent)
    tally.keyFrameRequests = Int(now.keyFrameRequests - countsBefore.keyFrameRequests)
    tally.delays = delays.sorted()
    return tally
  }

  private func add(_ stream: SinkStream, to tally: inout SinkTally) {
    let counts = stream.counts - stream.baseline
    tally.flowing += 1
    tally.received += Int(counts.received)
    tally.gaps += Int(counts.expected) - Int(counts.received)
    tally.duplicates += Int(counts.duplicates)
    tally.late += Int(counts.late)
    tally.misstamped += Int(counts.misstamped)
    guard let mark = stream.mark, let publisher = peers[Int(mark.publisher)],
      let source = publisher.sources.first(where: { $0.track.source == mark.source })
    else { return }
    tally.expected += Int(source.sent - source.baseline)
  }
}
