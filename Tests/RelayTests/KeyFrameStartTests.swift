import Primitives
import Testing
import Wire

@testable import Relay

/// Where a key frame's packets come out of order, its first one among the last.
@Suite struct KeyFrameStartTests: ~Copyable {
  private static let video = Agreed.videoSSRC(seat: 0)
  private var bench = RelayBench()
  private var anna = SyntheticPublisher(number: 1)
  private let publisher: Handle
  private let viewer: Handle

  /// A viewer who waits for a key frame, when the publisher's first picture has gone by.
  init() {
    publisher = bench.addPeer(anna.plan)
    viewer = bench.addPeer(Agreed.viewer())
    bench.advance(by: .milliseconds(20))
    for packet in anna.picture(at: bench.now) { bench.receive(packet, from: publisher) }
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(33))
  }

  @Test mutating func aKeyFrameWhoseFirstPacketWasOvertakenIsSentWhole() {
    let frame = anna.picture(at: bench.now, isKeyFrame: true, packets: 4)
    for index in [1, 3, 2, 0] {
      bench.receive(frame[index], from: publisher)
      bench.advance(by: .milliseconds(5))
    }
    let sent = bench.sent(to: viewer, ssrc: Self.video)
    #expect(sent.map { $0.mark?.number } == [3, 4, 5, 6])
    #expect(zip(sent, sent.dropFirst()).allSatisfy { $1.index == $0.index + 1 })
    #expect(sent.first?.descriptor?.isKeyFrameStart == true)
    #expect(sent.map(\.header.marker) == [false, false, false, true])
    let asked = bench.keyFrameRequests(to: publisher).count
    bench.advance(by: .seconds(2))
    #expect(bench.keyFrameRequests(to: publisher).count == asked, "nobody waits any more")
    #expect(bench.relay.counters.areConserved)
  }

  @Test mutating func aKeyFrameWhoseFirstPacketHadToBeSentAgainIsSentWholeWithWhatFollows() {
    let key = anna.picture(at: bench.now, isKeyFrame: true, packets: 3)
    for packet in key.dropFirst() { bench.receive(packet, from: publisher) }
    bench.advance(by: .milliseconds(33))
    for packet in anna.picture(at: bench.now, isKeyFrame: false, packets: 2) {
      bench.receive(packet, from: publisher)
    }
    #expect(bench.sent(to: viewer, ssrc: Self.video).isEmpty)
    bench.advance(by: .milliseconds(33))
    bench.receive(anna.retransmission(of: key[0]), from: publisher)
    let sent = bench.sent(to: viewer, ssrc: Self.video)
    #expect(sent.map { $0.mark?.number } == [3, 4, 5, 6, 7])
    #expect(zip(sent, sent.dropFirst()).allSatisfy { $1.index == $0.index + 1 })
  }

  @Test mutating func whereTooMuchHasOvertakenItTheNextKeyFrameIsWaitedFor() {
    let count = Limits.overtakingPacketsPerTrack + 2
    let key = anna.picture(at: bench.now, isKeyFrame: true, packets: count)
    for packet in key.dropFirst() { bench.receive(packet, from: publisher) }
    bench.receive(key[0], from: publisher)
    #expect(bench.sent(to: viewer, ssrc: Self.video).isEmpty)
    bench.advance(by: .seconds(1))
    for packet in anna.picture(at: bench.now, isKeyFrame: true, packets: 2) {
      bench.receive(packet, from: publisher)
    }
    #expect(bench.sent(to: viewer, ssrc: Self.video).count == 2)
  }

  @Test mutating func whoSeesThePublisherAlreadyGetsNothingTwice() {
    for packet in anna.picture(at: bench.now, isKeyFrame: true, packets: 2) {
      bench.receive(packet, from: publisher)
    }
    let second = bench.addPeer(Agreed.viewer())
    bench.advance(by: .seconds(1))
    bench.seat(second, 0, publisher)
    let frame = anna.picture(at: bench.now, isKeyFrame: true, packets: 3)
    for index in [1, 2, 0] { bench.receive(frame[index], from: publisher) }
    let numbers = bench.sent(to: viewer, ssrc: Self.video).map { $0.mark?.number }
    #expect(numbers == [3, 4, 6, 7, 5])
    #expect(
      bench.sent(to: second, ssrc: Self.video).map { $0.mark?.number } == [5, 6, 7])
    #expect(bench.relay.counters.areConserved)
  }
}
