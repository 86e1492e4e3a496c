import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct SpeakerDetectorTests {
  private let anna = Handle(index: 1, generation: 1)
  private let bo = Handle(index: 2, generation: 1)

  /// Feeds levels 50 times a second; answers with the changes, and when they came in milliseconds.
  private func run(
    seconds: Int, _ level: (Int) -> [(Handle, UInt8)]
  ) -> [(at: Int, speakers: [Handle])] {
    var detector = SpeakerDetector()
    var changes: [(Int, [Handle])] = []
    for millisecond in stride(from: 0, to: seconds * 1_000, by: 20) {
      let now = Instant(nanoseconds: 5_000_000_000) + .milliseconds(millisecond)
      for (peer, attenuation) in level(millisecond) {
        detector.receive(AudioLevel(isVoice: true, attenuation: attenuation), from: peer, now: now)
      }
      if let speakers = detector.handleDeadline(now: now) {
        changes.append((millisecond, speakers))
      }
    }
    return changes
  }

  @Test func aVoiceIsNoticedWithinHalfASecondAndItsEndWithinTwo() {
    let changes = run(seconds: 6) { [(anna, (1_000..<3_000).contains($0) ? UInt8(25) : 127)] }
    #expect(changes.map(\.speakers) == [[anna], []])
    #expect(changes.first.map { (1_000...1_500).contains($0.at) } == true)
    #expect(changes.last.map { (3_000...5_000).contains($0.at) } == true)
  }

  @Test func noiseIsNoVoice() {
    let changes = run(seconds: 3) { _ in [(anna, 70 as UInt8)] }
    #expect(changes.isEmpty)
  }

  @Test func pausesBetweenWordsDoNotEndIt() {
    let changes = run(seconds: 5) { [(anna, $0 % 600 < 400 ? UInt8(25) : 127)] }
    #expect(changes.map(\.speakers) == [[anna]])
  }

  @Test func theLouderOneIsFirst() {
    let changes = run(seconds: 3) { _ in [(anna, 45 as UInt8), (bo, 10 as UInt8)] }
    #expect(changes.last?.speakers.first == bo)
  }

  @Test func changesComeAtMostEveryThreeHundredMilliseconds() {
    let changes = run(seconds: 10) { millisecond in
      [
        (anna, millisecond / 700 % 2 == 0 ? UInt8(10) : 127),
        (bo, millisecond / 900 % 2 == 0 ? UInt8(127) : 10),
      ]
    }
    #expect(changes.count > 3)
    for (before, after) in zip(changes, changes.dropFirst()) {
      #expect(after.at - before.at >= 300)
    }
  }

  @Test func whoFallsSilentAltogetherStopsSpeaking() {
    let changes = run(seconds: 8) { $0 < 2_000 ? [(anna, UInt8(20))] : [] }
    #expect(changes.map(\.speakers) == [[anna], []])
  }
}
