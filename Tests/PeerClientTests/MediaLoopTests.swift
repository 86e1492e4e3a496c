import Primitives
import Testing

@testable import PeerClient

@Suite struct MediaLoopTests {
  private func picture(_ bytes: Int, isKeyFrame: Bool) -> (bytes: [UInt8], isKeyFrame: Bool) {
    ((0..<bytes).map { UInt8(truncatingIfNeeded: $0) }, isKeyFrame)
  }

  @Test func aFrameIsCutIntoPacketsOfEqualLengthWithRoomForItsMark() {
    for bytes in [1, 24, 1_075, 1_076, 1_077, 2_150, 2_176, 2_177, 9_999] {
      let loop = MediaLoop(
        pictures: [picture(bytes, isKeyFrame: true)], interval: .milliseconds(66))
      let packets = loop.units[0].packets
      #expect(packets.flatMap { $0 } == picture(bytes, isKeyFrame: true).bytes, "\(bytes)")
      var lengths = packets.map(\.count)
      lengths[lengths.count - 1] += MediaMark.length
      #expect(lengths.allSatisfy { $0 <= MediaLoop.packetBytes }, "\(bytes): \(lengths)")
      #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) < lengths.count, "\(bytes): \(lengths)")
    }
  }

  @Test func aRequestLeadsToTheNextKeyFrameRoundTheLoop() {
    let loop = MediaLoop(
      pictures: (0..<10).map { picture(100, isKeyFrame: $0 % 5 == 0) },
      interval: .milliseconds(66))
    #expect((0..<10).map(loop.keyFrame) == [0, 5, 5, 5, 5, 5, 0, 0, 0, 0])
  }

  @Test func theMarkOfPreparedMediaStandsAtItsEnd() {
    let mark = MediaMark(
      publisher: 7, source: .camera, number: 9, captured: Instant(nanoseconds: 11))
    let bytes = [UInt8](repeating: 3, count: 500) + mark.bytes
    #expect(MediaMark(in: bytes.span.bytes, ofPayload: 10..<bytes.count) == mark)
    #expect(MediaMark(in: bytes.span.bytes, ofPayload: 10..<bytes.count - 1) == nil)
  }
}
