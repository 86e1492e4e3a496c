import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct SeatTests {
  @Test func aSmallRelayHasRoomForAllSeatsOfAllItsPeers() {
    var bench = RelayBench(peers: 3)
    let seats = Limits.mostSendStreamsPerPeer / 2
    let viewers = (0..<3).map { _ in bench.addPeer(Agreed.viewer(seats: seats)) }
    // A seat without a stream answers 0.
    for viewer in viewers {
      for seat in 0..<seats {
        let from = bench.seat(viewer, seat, nil)
        #expect(from.audioFrom != 0 && from.videoFrom != 0, "seat \(seat)")
      }
    }
  }

  @Test func aNewOccupantStartsBehindAllThatWasSentWithAKeyFrame() throws {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    var bo = SyntheticPublisher(number: 2)
    let first = bench.addPeer(anna.plan)
    let second = bench.addPeer(bo.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, first)
    bench.advance(by: .milliseconds(5))
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: first)
    }
    let before = try #require(bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).last)

    bench.seat(viewer, 0, nil)
    bench.advance(by: .milliseconds(40))
    let from = bench.seat(viewer, 0, second).videoFrom
    #expect(Int32(bitPattern: from &- before.header.timestamp) > 0)
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: first)
    }
    bench.advance(by: .milliseconds(10))
    for isKeyFrame in [false, true, false] {
      bench.advance(by: .milliseconds(33))
      for packet in bo.picture(at: bench.now, isKeyFrame: isKeyFrame) {
        bench.receive(packet, from: second)
      }
    }
    let after = bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).dropFirst(2)
    #expect(after.count == 4)
    #expect(after.allSatisfy { $0.mark?.publisher == 2 })
    let start = try #require(after.first)
    #expect(start.descriptor?.isKeyFrameStart == true)
    #expect(start.index == before.index + 1)
    #expect(Int32(bitPattern: start.header.timestamp &- from) >= 0)
    #expect(start.descriptor?.pictureID?.value == (before.descriptor?.pictureID?.value ?? 0) &+ 1)
    #expect(bench.relay.counters.areConserved)
  }

  @Test func whatWasCapturedBeforeTheLastOccupantsPacketsIsNotSent() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    var bo = SyntheticPublisher(number: 2)
    let first = bench.addPeer(anna.plan)
    let second = bench.addPeer(bo.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    let early = bench.now
    bench.receive(bo.reports(at: early), from: second)
    bench.advance(by: .milliseconds(30))
    bench.seat(viewer, 0, first)
    bench.receive(anna.audio(at: bench.now), from: first)
    let from = bench.seat(viewer, 0, second)
    bench.receive(bo.audio(at: early), from: second)
    #expect(bench.sink.packets.count == 1)
    #expect(bench.relay.counters[.beforeSeating] == 1)
    let audio = bench.sink.packets.map(\.header.timestamp)
    #expect(audio.allSatisfy { Int32(bitPattern: from.audioFrom &- $0) > 0 })
  }

  @Test func aKeyFrameThatWasOnItsWayWhenTheSeatWasGivenIsShown() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.receive(anna.reports(at: bench.now), from: publisher)
    let capture = bench.now
    bench.advance(by: .milliseconds(30))
    let from = bench.seat(viewer, 0, publisher).videoFrom
    for packet in anna.picture(at: capture, isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }
    let sent = bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0))
    #expect(sent.count == 2)
    #expect(sent.allSatisfy { Int32(bitPattern: $0.header.timestamp &- from) >= 0 })
  }

  @Test func aMutedSourceIsDroppedAndComesBackWithAKeyFrame() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(10))
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }
    bench.relay.openSources(publisher, [.microphone])
    bench.advance(by: .seconds(60))
    for packet in anna.picture(at: bench.now) { bench.receive(packet, from: publisher) }
    #expect(bench.relay.counters[.muted] == 2)
    bench.receive(anna.audio(at: bench.now), from: publisher)
    #expect(bench.sink.packets.count == 3)

    bench.relay.openSources(publisher, [.microphone, .camera])
    let asked = bench.keyFrameRequests(to: publisher).count
    for packet in anna.picture(at: bench.now) { bench.receive(packet, from: publisher) }
    #expect(bench.keyFrameRequests(to: publisher).count == asked + 1)
    #expect(bench.sink.packets.count == 3)
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }
    let video = bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0))
    #expect(video.count == 4)
    #expect(zip(video, video.dropFirst()).allSatisfy { $0.index + 1 == $1.index })
  }

  @Test func aPublisherThatLeavesIsOnNoSeatAnyMore() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.relay.removePeer(publisher, now: bench.now)
    bench.receive(anna.audio(at: bench.now), from: publisher)
    #expect(bench.sink.packets.isEmpty)
    #expect(bench.relay.counters[.unknownPeer] == 1)
    bench.relay.removePeer(viewer, now: bench.now)
    #expect(bench.relay.seat(viewer, seat: 0, occupant: nil, now: bench.now) == (0, 0))
  }

  @Test func aSourceThatIsPublishedLaterGoesToTheSeatsThatWaitForIt() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    var plan = anna.plan
    let camera = plan.publish.removeLast()
    let publisher = bench.addPeer(plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    plan.publish.append(camera)
    bench.relay.updatePeer(publisher, plan: plan)
    bench.advance(by: .milliseconds(10))
    for packet in anna.picture(at: bench.now, isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }
    #expect(bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).count == 2)
  }

  @Test func aStreamThatWasSilentForAMinuteGoesOnInStep() throws {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(10))
    bench.receive(anna.audio(at: bench.now), from: publisher)
    let start = bench.now
    bench.advance(by: .seconds(60))
    // The publisher's clock stood still while it was muted.
    bench.receive(anna.audio(at: start + .milliseconds(20)), from: publisher)
    let sent = bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0))
    #expect(sent.count == 2)
    #expect(sent[1].index == sent[0].index + 1)
    let distance = Int(Int32(bitPattern: sent[1].header.timestamp &- sent[0].header.timestamp))
    #expect(abs(distance - 60 * 48_000) < 48_000)
  }

  @Test func paddingIsNotPassedOnAndLeavesNoGap() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    for isKeyFrame in [true, false, false] {
      bench.advance(by: .milliseconds(33))
      for packet in anna.picture(at: bench.now, isKeyFrame: isKeyFrame, packets: 1) {
        bench.receive(packet, from: publisher)
      }
      bench.receive(anna.padding(at: bench.now), from: publisher)
    }
    let video = bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0))
    #expect(video.count == 3)
    #expect(zip(video, video.dropFirst()).allSatisfy { $0.index + 1 == $1.index })
    #expect(bench.relay.counters[.padding] == 3)
  }

  @Test func aViewerThatCannotBeReachedCausesNoKeyFrames() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.sink.unreachable = [viewer]
    bench.seat(viewer, 0, publisher)
    for frame in 0..<100 {
      bench.advance(by: .milliseconds(33))
      for packet in anna.picture(at: bench.now, isKeyFrame: frame == 3) {
        bench.receive(packet, from: publisher)
      }
    }
    #expect(bench.keyFrameRequests(to: publisher).count <= 2)
    #expect(bench.relay.counters[.unreachable] == 200)
    bench.sink.unreachable = []
    for packet in anna.picture(at: bench.now) { bench.receive(packet, from: publisher) }
    #expect(bench.keyFrameRequests(to: publisher).last == bench.now)
  }
}
