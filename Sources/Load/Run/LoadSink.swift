import PeerClient
import Primitives
import Runtime
import Security
import Wire

/// The media of a run at the highest rates: one sink in the place of everybody's own client, with
/// synthetic packets of which every one is counted and one in a hundred is decrypted.
final class LoadSink {
  private static let framesPerSecond = 15
  private static let soundsPerSecond = 50
  /// Bytes of a sound at 32 kbit/s.
  private static let soundBytes = 80
  private static let packetsPerFrame = 16

  let sink: Sink
  private let tracks: [SinkTrack]
  private let seats: [SeatKind]
  /// Those who have an answer, and wait for ICE and DTLS.
  private var connecting: [Participant] = []

  init(_ plan: LoadPlan) throws {
    sink = try Sink(profiles: plan.profiles, firstHost: NetworkAddress(ipv4: 0, port: 0))
    var tracks: [SinkTrack] = []
    if plan.publish.contains(.microphone) {
      tracks.append(
        SinkTrack(
          source: .microphone, rate: Self.soundsPerSecond, payloadBytes: Self.soundBytes))
    }
    if plan.publish.contains(.camera) {
      let bytes = plan.rate / 8 / Self.framesPerSecond
      let packets = min(
        Self.packetsPerFrame, (bytes + MediaLoop.packetBytes - 1) / MediaLoop.packetBytes)
      tracks.append(
        SinkTrack(
          source: .camera, rate: Self.framesPerSecond * packets,
          payloadBytes: min(MediaLoop.packetBytes, max(48, bytes / packets)),
          packetsPerFrame: packets))
    }
    self.tracks = tracks
    let people = min(plan.participants - 1, Limits.personSeats)
    seats = Array(repeating: .person, count: people)
  }

  /// Makes somebody a peer connection: its number, and its offer.
  func negotiate(_ person: Participant) throws -> (number: Int, offer: SinkOffer) {
    let number = try sink.add(publishing: tracks)
    let hasVideo = tracks.contains { $0.source.kind == .video }
    return (number, sink.offer(of: number, seats: seats, hasVideo: hasVideo))
  }

  /// Takes the answer to somebody's offer, and connects.
  func apply(_ answer: String, for person: Participant, _ number: Int) throws {
    try sink.apply(answer: answer, to: number)
    connecting.append(person)
  }

  /// Those whose media has come up since the last call.
  func takeConnected() -> [Participant] {
    guard !connecting.isEmpty else { return [] }
    let isUp = { (person: Participant) in
      person.sinkNumber.map(self.sink.isConnected) ?? true
    }
    let connected = connecting.filter(isUp)
    if !connected.isEmpty { connecting.removeAll(where: isUp) }
    return connected
  }

  /// Adds what was counted since measuring began. Sounds and pictures are not told apart.
  func add(to tally: inout LoadTally) {
    let measured = sink.measured()
    tally.pictures.expected += UInt64(max(0, measured.received + measured.gaps))
    tally.pictures.received += UInt64(measured.received)
    tally.client.packetsReceived += UInt64(measured.received)
    tally.client.packetsSent += UInt64(measured.sent)
    tally.client.unreadable += UInt64(measured.unreadable + measured.misstamped)
    tally.client.keyFrameRequests += UInt64(measured.keyFrameRequests)
    tally.client.duplicates += UInt64(measured.duplicates)
    tally.overflows += UInt64(measured.droppedHere)
    for delay in measured.delays { tally.pictureDelays.add(delay) }
  }
}

extension Participant {
  /// Whether one's media, if there is any yet, is up.
  var isMediaUp: Bool {
    if let sinkNumber { return around.sink?.sink.isConnected(sinkNumber) ?? false }
    switch media {
    case .some(let media): return media.isConnected
    case nil: return false
    }
  }

  /// Settles what the sink has got for this one of all others.
  func settleSink(now: Instant) {
    guard let sinkNumber, let present, let sink = around.sink else { return }
    let others = room.others(than: self).filter { other in
      other.present.map { now - max(present, $0) >= Self.grace } ?? false
    }
    let expected = others.reduce(0) { $0 + $1.publishes.count }
    tally.value.tracksExpected += expected
    tally.value.tracksReceived += min(expected, sink.sink.streams(of: sinkNumber).flowing)
  }
}
