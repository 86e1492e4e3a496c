import Primitives
import Testing
import Wire

@testable import Relay

/// Publishers whose transport is on another worker.
@Suite struct MirrorTests: ~Copyable {
  private static let video = Agreed.videoSSRC(seat: 0)
  /// The relay that has the publisher, and the one that has the viewer.
  private var home = RelayBench(seed: 1)
  private var away = RelayBench(seed: 2)
  private var anna = SyntheticPublisher(number: 1)
  private let publisher: Handle
  private let mirror: Handle
  private let viewer: Handle

  init() {
    publisher = home.addPeer(anna.plan)
    home.relay.setShared(publisher, true)
    mirror = away.addPeer(anna.plan, isMirror: true)
    viewer = away.addPeer(Agreed.viewer())
    away.seat(viewer, 0, mirror)
  }

  /// Lets a packet go the whole way.
  private mutating func send(_ bytes: [UInt8]) {
    guard let accepted = home.accept(bytes, from: publisher) else { return }
    let packet = Array(home.pool.slot(home.newest)[..<accepted.length])
    away.receiveShared(accepted, packet, from: mirror)
  }

  private mutating func advance(by span: Duration) {
    home.advance(by: span)
    away.advance(by: span)
  }

  @Test mutating func whatTheOneRelayAcceptsTheOtherSends() {
    let key = anna.picture(at: home.now, isKeyFrame: true)
    for packet in key { send(packet) }
    send(anna.audio(at: home.now))
    let sent = away.sent(to: viewer, ssrc: Self.video)
    #expect(sent.map { $0.mark?.number } == [1, 2])
    #expect(away.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).count == 1)
    send(key[0])
    #expect(away.relay.counters.received == 3, "a duplicate goes no further")
    #expect(away.relay.counters.areConserved && home.relay.counters.areConserved)
  }

  @Test mutating func aMirrorIsSentNothing() {
    for _ in 0..<100 {
      advance(by: .milliseconds(33))
      for packet in anna.picture(at: home.now) { send(packet) }
    }
    #expect(away.sink.reports.allSatisfy { $0.peer != mirror })
    #expect(!home.sink.reports.isEmpty, "the publisher has its reports from its own relay")
  }

  @Test mutating func aKeyFrameIsAskedForElsewhereUntilItComes() throws {
    advance(by: .milliseconds(10))
    for packet in anna.picture(at: home.now) { send(packet) }
    #expect(away.poll() == [.keyFrameWanted(mirror, .camera, layer: 0)])
    home.relay.requestKeyFrame(of: publisher, .camera, layer: 0, now: home.now)
    advance(by: .zero)
    #expect(home.keyFrameRequests(to: publisher).count == 1)
    advance(by: .milliseconds(600))
    #expect(home.keyFrameRequests(to: publisher).count == 2, "it is asked for again")

    for packet in anna.picture(at: home.now, isKeyFrame: true) { send(packet) }
    _ = away.poll()
    advance(by: .seconds(3))
    #expect(home.keyFrameRequests(to: publisher).count == 2)
    #expect(away.poll().isEmpty)
    #expect(away.sent(to: viewer, ssrc: Self.video).count == 2)
  }

  @Test mutating func whatIsLostIsAskedForThoughNobodyHereSeesIt() {
    let lost = anna.videoSequence &+ 1
    for round in 0..<3 {
      advance(by: .milliseconds(33))
      for (place, packet) in anna.picture(at: home.now).enumerated()
      where round > 0 || place == 0 {
        send(packet)
      }
    }
    advance(by: .milliseconds(100))
    #expect(home.requested(from: publisher).contains(lost))

    let asked = home.requested(from: publisher).count
    home.relay.setShared(publisher, false)
    advance(by: .seconds(1))
    #expect(home.requested(from: publisher).count == asked, "nobody sees it any more")
  }

  @Test mutating func whatCameAgainIsSentOnInItsPlace() {
    for packet in anna.picture(at: home.now, isKeyFrame: true) { send(packet) }
    advance(by: .milliseconds(33))
    let frame = anna.picture(at: home.now, packets: 3)
    for packet in frame where packet != frame[1] { send(packet) }
    advance(by: .milliseconds(33))
    send(anna.retransmission(of: frame[1]))
    let sent = away.sent(to: viewer, ssrc: Self.video)
    #expect(sent.map { $0.mark?.number }.sorted { ($0 ?? 0) < ($1 ?? 0) } == [1, 2, 3, 4, 5])
    #expect(Set(sent.map(\.index)).count == 5)
  }

  /// Browsers name their streams in the first packets alone, which may be long gone.
  @Test mutating func aStreamIsKnownWithoutItsNames() throws {
    var plan = anna.plan
    plan.publish[1].rids = ["q", "h"]
    plan.publish[1].streams = []
    away.relay.updatePeer(mirror, plan: plan)
    away.relay.openSources(mirror, Set(MediaSource.allCases))
    away.seat(viewer, 0, mirror)
    let packet = try #require(anna.picture(at: away.now, isKeyFrame: true, packets: 1).first)
    let accepted = AcceptedPacket(length: packet.count, source: .camera, layer: 1)
    away.receiveShared(accepted, packet, from: mirror)
    #expect(away.sent(to: viewer, ssrc: Self.video).count == 1)

    let stray = AcceptedPacket(length: packet.count, source: .camera, layer: 2)
    away.receiveShared(stray, packet, from: mirror)
    let screen = AcceptedPacket(length: packet.count, source: .screen, layer: 0)
    away.receiveShared(screen, packet, from: mirror)
    #expect(away.relay.counters[.unknownStream] == 2)
  }

  @Test mutating func aSourceThatIsClosedIsNotHeardThroughAMirror() {
    send(anna.audio(at: home.now))
    away.relay.openSources(mirror, [])
    send(anna.audio(at: home.now))
    #expect(away.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).count == 1)
    #expect(away.relay.counters[.muted] == 1)
    home.relay.openSources(publisher, [])
    let sound = anna.audio(at: home.now)
    #expect(home.accept(sound, from: publisher) == nil)
  }
}
