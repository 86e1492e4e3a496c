import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct ReportTests {
  private func senderReports(
    _ bench: borrowing RelayBench, to peer: Handle, ssrc: UInt32
  ) -> [(time: Instant, report: SenderReport)] {
    bench.sink.reports.compactMap {
      guard $0.peer == peer, case .senderReport(let report) = $0.packet, report.ssrc == ssrc
      else { return nil }
      return ($0.time, report)
    }
  }

  /// When the sample with a timestamp was captured, as a viewer has it from a sender report.
  private func captureTime(of timestamp: UInt32, by report: SenderReport, rate: Int) -> Duration {
    let ticks = Int64(Int32(bitPattern: timestamp &- report.rtpTimestamp))
    return NTPTime(value: report.ntpTime).sinceEpoch + .ticks(ticks, at: rate)
  }

  @Test func aSendersFirstReportComesWithItsFirstPacketThenOneASecond() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.advance(by: .milliseconds(100))
    #expect(senderReports(bench, to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).isEmpty)
    let start = bench.now
    for _ in 0..<250 {
      bench.receive(anna.audio(at: bench.now), from: publisher)
      bench.advance(by: .milliseconds(20))
    }
    let reports = senderReports(bench, to: viewer, ssrc: Agreed.audioSSRC(seat: 0))
    #expect(reports.map(\.time) == (0...5).map { start + .seconds($0) })
    #expect(reports.last?.report.packetCount == 250)
    let names = bench.sink.reports.compactMap { report -> String? in
      guard report.peer == viewer, case .sourceDescription(let description) = report.packet
      else { return nil }
      return description.chunks.first?.cname
    }
    #expect(Set(names) == ["viewer"])
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func lipsAndVoiceStayInStepWhoeverSitsThere(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    var bench = RelayBench(seed: seed)
    var publishers = (1...3).map { SyntheticPublisher(number: $0, random: &random) }
    let peers = publishers.map { bench.addPeer($0.plan) }
    let viewer = bench.addPeer(Agreed.viewer())
    for change in 0..<10 {
      let who = change % 3
      bench.seat(viewer, 0, nil)
      bench.seat(viewer, 0, peers[who])
      bench.sink.packets.removeAll()
      for step in 0..<250 {
        bench.advance(by: .milliseconds(20))
        let capture = bench.now - .milliseconds(Int(random.next() % 15))
        if step % 50 == 10 { bench.receive(publishers[who].reports(at: capture), from: peers[who]) }
        bench.receive(publishers[who].audio(at: capture), from: peers[who])
        for packet in publishers[who].picture(at: capture, isKeyFrame: step == 5) {
          bench.receive(packet, from: peers[who])
        }
      }
      let audio = try #require(bench.sent(to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).last)
      let video = try #require(bench.sent(to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).last)
      let reports = (
        try #require(senderReports(bench, to: viewer, ssrc: Agreed.audioSSRC(seat: 0)).last),
        try #require(senderReports(bench, to: viewer, ssrc: Agreed.videoSSRC(seat: 0)).last)
      )
      let heard = captureTime(of: audio.header.timestamp, by: reports.0.report, rate: 48_000)
      let seen = captureTime(of: video.header.timestamp, by: reports.1.report, rate: 90_000)
      #expect(abs((heard - seen).milliseconds) <= 2, "seed \(seed), change \(change)")
    }
  }

  @Test func aPublisherIsToldItsLossJitterAndDelay() throws {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    bench.receive(anna.reports(at: bench.now), from: publisher)
    for index in 0..<51 {
      let packet = anna.audio(at: bench.now)
      if index % 5 != 3 { bench.receive(packet, from: publisher) }
      bench.advance(by: .milliseconds(20))
    }
    let blocks = bench.sink.reports.flatMap { report -> [ReportBlock] in
      guard case .receiverReport(let receiver) = report.packet else { return [] }
      return receiver.blocks
    }
    let block = try #require(blocks.first)
    #expect(block.ssrc == anna.audioSSRC)
    #expect((45...60).contains(block.fractionLost))
    #expect(block.jitter == 0)
    let report = NTPTime(at: Instant(nanoseconds: 7_000_000_000) + anna.clockOffset)
    #expect(block.lastSenderReport == report.middle)
    #expect(block.delaySinceLastSenderReport == 65_536)
  }

  @Test func transportWideFeedbackGoesToThePublisherThatNumbersItsPackets() {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    for number in 0..<5 as Range<UInt16> {
      bench.receive(
        anna.packet(
          type: Agreed.opus, sequence: number, timestamp: 0, ssrc: anna.audioSSRC,
          elements: [(id: 3, bytes: [0, UInt8(number)])], payload: [1]), from: publisher)
    }
    bench.advance(by: .milliseconds(100))
    let feedback = bench.sink.reports.compactMap { report -> TransportFeedback? in
      guard case .transportFeedback(let feedback) = report.packet else { return nil }
      return feedback
    }
    #expect(feedback.map { $0.arrivals.map(\.sequenceNumber) } == [[0, 1, 2, 3, 4]])
  }

  @Test func aViewersRequestForAKeyFrameGoesToWhoeverSitsThere() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    let request = RTCPPacket.pictureLossIndication(
      PictureLossIndication(senderSSRC: 1, mediaSSRC: Agreed.videoSSRC(seat: 0)))
    bench.receive([request], from: viewer)
    #expect(bench.keyFrameRequests(to: publisher).isEmpty)

    bench.seat(viewer, 0, publisher)
    #expect(bench.keyFrameRequests(to: publisher) == [bench.now])
    for packet in anna.picture(at: bench.now + .milliseconds(1), isKeyFrame: true) {
      bench.receive(packet, from: publisher)
    }
    bench.advance(by: .seconds(1))
    let full = RTCPPacket.fullIntraRequest(
      FullIntraRequest(
        senderSSRC: 1, entries: [.init(ssrc: Agreed.videoSSRC(seat: 0), sequenceNumber: 1)]))
    bench.receive([full], from: viewer)
    #expect(bench.keyFrameRequests(to: publisher).last == bench.now)
  }

  @Test func aViewerThatAsksAllTheTimeCausesAKeyFrameEveryTwoSecondsAtMost() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    let request = RTCPPacket.pictureLossIndication(
      PictureLossIndication(senderSSRC: 1, mediaSSRC: Agreed.videoSSRC(seat: 0)))
    for _ in 0..<1_000 {
      bench.advance(by: .milliseconds(20))
      for packet in anna.picture(at: bench.now, isKeyFrame: true) {
        bench.receive(packet, from: publisher)
      }
      bench.receive([request], from: viewer)
    }
    #expect((10...16).contains(bench.keyFrameRequests(to: publisher).count))
  }

  @Test func aPublishersGoodbyeIsNotPassedOn() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewer = bench.addPeer(Agreed.viewer())
    bench.seat(viewer, 0, publisher)
    bench.receive([.goodbye(Goodbye(ssrcs: [anna.audioSSRC]))], from: publisher)
    bench.advance(by: .milliseconds(20))
    bench.receive(anna.audio(at: bench.now), from: publisher)
    #expect(bench.sink.packets.count == 1)
    let goodbyes = bench.sink.reports.filter {
      if case .goodbye = $0.packet { true } else { false }
    }
    #expect(goodbyes.isEmpty)
  }

  @Test func aHundredJoinersInASecondCauseTwoRequests() {
    var bench = RelayBench(peers: 128)
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let viewers = (0..<100).map { _ in bench.addPeer(Agreed.viewer(seats: 1)) }
    let start = bench.now
    var answered = 0
    for (index, viewer) in viewers.enumerated() {
      bench.seat(viewer, 0, publisher)
      bench.advance(by: .microseconds(9_900))
      let asked = bench.keyFrameRequests(to: publisher).count
      if index % 3 == 0 {
        for packet in anna.picture(at: bench.now, isKeyFrame: asked > answered) {
          bench.receive(packet, from: publisher)
        }
        answered = asked
      }
    }
    #expect(bench.keyFrameRequests(to: publisher).count { $0 < start + .seconds(1) } == 2)
  }

  @Test func brokenReportsAreCountedAndChangeNothing() {
    var bench = RelayBench()
    let anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    let bytes: [UInt8] = [0x80, 200, 0, 200, 1, 2, 3, 4]
    bench.relay.receiveRTCP(
      from: publisher, bytes.span.bytes, pool: bench.pool, now: bench.now, sink: &bench.sink)
    #expect(bench.relay.counters.malformedReports == 1)
  }

  @Test func anIdleRelayDoesNotWake() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    _ = bench.addPeer(Agreed.viewer())
    #expect(bench.relay.nextDeadline == nil)
    bench.receive(anna.audio(at: bench.now), from: publisher)
    bench.advance(by: .seconds(10))
    #expect(bench.relay.nextDeadline == nil)
  }

  @Test func speakersAreToldOnChange() {
    var bench = RelayBench()
    var anna = SyntheticPublisher(number: 1)
    let publisher = bench.addPeer(anna.plan)
    for _ in 0..<50 {
      bench.receive(anna.audio(at: bench.now, level: 20), from: publisher)
      bench.advance(by: .milliseconds(20))
    }
    let first = bench.relay.poll()
    #expect(first == .speakers([publisher]))
    bench.relay.openSources(publisher, [])
    for _ in 0..<200 {
      bench.receive(anna.audio(at: bench.now, level: 20), from: publisher)
      bench.advance(by: .milliseconds(20))
    }
    let second = bench.relay.poll()
    #expect(second == .speakers([]))
  }
}
