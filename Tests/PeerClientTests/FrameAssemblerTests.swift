import Primitives
import Testing
import Wire

@testable import PeerClient

@Suite struct FrameAssemblerTests {
  /// The fragments of a frame, as a client would send them.
  private func frame(_ number: UInt32, isKeyFrame: Bool = false) -> [FrameAssembler.Fragment] {
    (0..<2).map { place in
      var mark = MediaMark(
        publisher: 1, source: .camera, number: number, captured: .origin)
      mark.packet = UInt8(place)
      mark.packets = 2
      let picture = UInt8(truncatingIfNeeded: number & 0x7F)
      let bytes: [UInt8] = [
        place == 0 ? 0x90 : 0x80, 0x80, picture, place == 0 && isKeyFrame ? 0x10 : 0x11,
      ]
      return FrameAssembler.Fragment(
        timestamp: number * 6_000, marker: place == 1,
        descriptor: try? VP8Descriptor(parsing: bytes.span.bytes, at: 0..<4), mark: mark)
    }
  }

  private func numbers(_ assembler: inout FrameAssembler) -> [UInt32] {
    var numbers: [UInt32] = []
    while let frame = assembler.takeFrame() { numbers.append(frame.mark?.number ?? .max) }
    return numbers
  }

  @Test func nothingIsShownBeforeAKeyFrame() {
    var assembler = FrameAssembler()
    var index: UInt64 = 10
    for number in UInt32(0)..<3 {
      for fragment in frame(number) {
        _ = assembler.insert(fragment, at: index)
        index += 1
      }
    }
    #expect(numbers(&assembler) == [])
    for fragment in frame(3, isKeyFrame: true) + frame(4) {
      _ = assembler.insert(fragment, at: index)
      index += 1
    }
    #expect(numbers(&assembler) == [3, 4])
  }

  @Test func fragmentsMayComeInAnyOrderAndTwice() {
    for seed in UInt64(1)...50 {
      var random = RandomSource(seed: seed)
      var packets: [(UInt64, FrameAssembler.Fragment)] = []
      for number in UInt32(0)..<8 {
        for fragment in frame(number, isKeyFrame: number == 0) {
          packets.append((UInt64(packets.count), fragment))
        }
      }
      var assembler = FrameAssembler()
      var shown: [UInt32] = []
      for (index, fragment) in (packets + packets).shuffled(using: &random) {
        _ = assembler.insert(fragment, at: index)
        shown += numbers(&assembler)
      }
      #expect(shown == Array(0..<8), "seed \(seed)")
    }
  }

  @Test func aCompleteKeyFrameSkipsWhatIsMissingBeforeIt() {
    var assembler = FrameAssembler()
    let packets = frame(0, isKeyFrame: true) + frame(1) + frame(2) + frame(3, isKeyFrame: true)
    for (index, fragment) in packets.enumerated() where index != 3 {
      _ = assembler.insert(fragment, at: UInt64(index))
    }
    #expect(numbers(&assembler) == [0, 3])
    #expect(assembler.insert(packets[3], at: 3) == false, "it comes too late")
  }

  @Test func paddingBetweenFramesIsStepedOver() {
    var assembler = FrameAssembler()
    let padding = FrameAssembler.Fragment(timestamp: 0, marker: false)
    let packets = frame(0, isKeyFrame: true) + [padding, padding] + frame(1)
    for (index, fragment) in packets.enumerated() {
      _ = assembler.insert(fragment, at: UInt64(index))
    }
    #expect(numbers(&assembler) == [0, 1])
  }

  @Test func missingPacketsAreAskedForAgainAndThenGivenUp() {
    var missing = MissingPackets()
    var now = Instant.origin
    #expect(missing.insert(65_535..<65_538, now: now) == true)
    #expect(missing.takeDue(now: now).wanted == [65_535, 0, 1])
    #expect(missing.takeDue(now: now).wanted == [])
    #expect(missing.remove(65_536) == true)
    var asked = 1
    while let due = missing.nextDeadline {
      now = due
      let (wanted, lost) = missing.takeDue(now: now)
      if lost.isEmpty { asked += 1 } else { #expect(wanted == [] && lost == [65_535, 65_537]) }
    }
    #expect(asked == Limits.nackAttempts)
    #expect(missing.insert(0..<UInt64(Limits.nackListLength + 1), now: now) == false)
    #expect(missing.nextDeadline == nil)
  }
}
