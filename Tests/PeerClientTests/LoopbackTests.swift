import PeerClient
import Primitives
import Testing
import Wire

@Suite struct LoopbackTests {
  /// Two members, each on the other's first seat, connected and publishing.
  private func pair(
    seed: UInt64 = 1, _ change: (inout PeerClient.Configuration) -> Void = { _ in }
  ) throws -> LoopbackCall {
    let call = LoopbackCall(seed: seed)
    let first = try call.join(change)
    let second = try call.join(change)
    try #require(call.connect(), "seed \(seed)")
    _ = call.seat(first, 0, second)
    _ = call.seat(second, 0, first)
    for member in call.members {
      member.client.setPublishing([.microphone, .camera], now: call.now)
    }
    return call
  }

  @Test func eachMemberGetsTheOthersPicturesAndSounds() throws {
    let call = try pair()
    call.run(for: .seconds(5))
    for (index, member) in call.members.enumerated() {
      let other = UInt32(1 - index)
      #expect(member.frames.count > 65, "of 75 frames sent")
      #expect(member.sounds.count > 230, "of 250 sounds sent")
      #expect(member.frames.allSatisfy { $0.mark.publisher == other && $0.seat == 0 })
      #expect(member.frames.allSatisfy { $0.mark.source == .camera })
      #expect(member.sounds.allSatisfy { $0.mark.publisher == other && $0.seat == 0 })
      #expect(member.frames.first?.isKeyFrame == true)
      #expect(
        zip(member.frames, member.frames.dropFirst()).allSatisfy { $0.mark.number < $1.mark.number }
      )
      #expect(member.counters.discontinuities == 0)
      #expect(member.counters.unreadable == 0)
      #expect(member.counters.unannounced == 0)
      #expect(member.counters.packetsConfirmed > 300)
    }
    let isConserved = call.relay.counters.areConserved
    #expect(isConserved)
  }

  @Test func soundsAndPicturesGoOnInOrderOverALossyPath() throws {
    for seed in UInt64(1)...3 {
      let call = try pair(seed: seed)
      call.path = PathForm(
        delay: .milliseconds(50), jitter: .milliseconds(10), loss: 0.1)
      call.run(for: .seconds(10))
      for member in call.members {
        #expect(member.frames.count > 120, "of 150 frames sent, seed \(seed)")
        #expect(member.sounds.count > 440, "of 500 sounds sent, seed \(seed)")
        #expect(member.counters.recovered > 10, "seed \(seed)")
        #expect(member.counters.retransmissionsSent > 10, "seed \(seed)")
        #expect(member.counters.discontinuities == 0, "seed \(seed)")
        #expect(member.counters.unreadable == 0, "seed \(seed)")
      }
    }
  }

  @Test func aReceiverWithoutRetransmissionAsksForKeyFrames() throws {
    let call = try pair { $0.offersRetransmission = false }
    call.path.loss = 0.05
    call.run(for: .seconds(10))
    for member in call.members {
      #expect(member.counters.packetsAskedFor == 0)
      #expect(member.counters.keyFramesAskedFor > 0)
      #expect(member.counters.keyFrameRequests > 0)
      // Every second frame or so breaks the picture, and one viewer gets a key frame in 2 s.
      #expect(member.frames.count > 8)
    }
  }

  @Test func whatIsNotPublishedDoesNotCome() throws {
    let call = try pair()
    call.run(for: .seconds(1))
    call.members[0].client.setPublishing([.microphone], now: call.now)
    call.run(for: .seconds(1))
    let frames = call.members[1].frames.count
    let sounds = call.members[1].sounds.count
    call.run(for: .seconds(2))
    #expect(call.members[1].frames.count == frames)
    #expect(call.members[1].sounds.count > sounds + 90)
    call.members[0].client.setPublishing([.microphone, .camera], now: call.now)
    call.run(for: .seconds(2))
    #expect(call.members[1].frames.count > frames + 25)
  }

  /// The relay's timestamps and the client's rule keep names and pictures together, however late
  /// the client is told.
  @Test func aSeatThatChangesHandsNeverShowsOneUnderTheNameOfAnother() throws {
    let call = LoopbackCall(seed: 9)
    for _ in 0..<3 { try call.join() }
    try #require(call.connect())
    for member in call.members {
      member.client.setPublishing([.microphone, .camera], now: call.now)
    }
    call.path.jitter = .milliseconds(30)
    let viewer = call.members[0]
    var view = SeatView()
    var shown: Set<String> = []
    var random = RandomSource(seed: 9)
    var epoch: UInt64 = 0
    for round in 0..<20 {
      let occupant = call.members[1 + round % 2]
      let videoFrom = call.seat(viewer, 0, occupant)
      epoch += 2
      let told = Duration.milliseconds(Int.random(in: 0...900, using: &random))
      show(viewer, call, for: told, &view, &shown)
      _ = view.change(
        epoch: epoch - 1, participant: "\(1 + round % 2)", videoFrom: videoFrom)
      show(viewer, call, for: .milliseconds(700), &view, &shown)
      _ = call.seat(viewer, 0, nil)
      // The seat is given away only when the client has said that its tile is blank.
      show(viewer, call, for: told, &view, &shown)
      #expect(view.change(epoch: epoch, participant: nil, videoFrom: nil) == true)
    }
    #expect(shown == ["1", "2"])
    #expect(viewer.counters.unreadable == 0)
  }

  private func show(
    _ viewer: LoopbackCall.Member, _ call: LoopbackCall, for span: Duration,
    _ view: inout SeatView, _ shown: inout Set<String>
  ) {
    let seen = viewer.frames.count
    call.run(for: span)
    for frame in viewer.frames[seen...] {
      guard let name = view.present(rtpTimestamp: frame.rtpTimestamp) else { continue }
      #expect(name == "\(frame.mark.publisher)")
      shown.insert(name)
    }
  }

  @Test func aRestartKeepsTheMediaGoing() throws {
    let call = try pair()
    call.run(for: .seconds(1))
    let member = call.members[0]
    let answer = try call.negotiateAgain(member, restart: true)
    #expect(answer.isRestart)
    let before = member.frames.count
    call.run(for: .seconds(3))
    #expect(member.frames.count > before + 40)
    let isConnected = member.client.isConnected
    #expect(isConnected)
  }

  @Test func aSeatThatIsAddedLaterIsReceivedOn() throws {
    let call = try pair()
    let viewer = call.members[0]
    let answer = try call.negotiateAgain(viewer, morePersonSeats: 2)
    #expect(answer.seats.count == 10)
    _ = call.seat(viewer, 0, nil)
    _ = call.seat(viewer, 9, call.members[1])
    call.run(for: .seconds(2))
    #expect(viewer.frames.filter { $0.seat == 9 }.count > 20)
    #expect(viewer.sounds.filter { $0.seat == 9 }.count > 80)
  }

  /// The publishers' own clocks are wrong by seconds; what they send is in step all the same.
  @Test func soundAndPictureOfASeatAreInStep() throws {
    var offsets = [Duration.seconds(40), .seconds(-30)]
    let call = try pair { $0.clockOffset = offsets.removeFirst() }
    call.path = PathForm(delay: .milliseconds(60), jitter: .milliseconds(30))
    call.run(for: .seconds(8))
    for member in call.members {
      let frames = member.frames.suffix(30).compactMap { frame in
        frame.senderTime.map { $0 - (frame.mark.captured - .origin) }
      }
      let sounds = member.sounds.suffix(100).compactMap { sound in
        sound.senderTime.map { $0 - (sound.mark.captured - .origin) }
      }
      #expect(frames.count == 30 && sounds.count == 100)
      let all = frames + sounds
      let spread = (all.max() ?? .zero) - (all.min() ?? .zero)
      #expect(spread <= .milliseconds(45))
    }
  }
}
