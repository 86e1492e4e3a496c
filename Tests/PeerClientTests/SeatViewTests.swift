import Primitives
import Testing
import Wire

@testable import PeerClient

@Suite struct SeatViewTests {
  @Test func aPictureIsShownFromItsFirstTimestampOn() {
    var view = SeatView()
    #expect(view.present(rtpTimestamp: 5) == nil)
    #expect(view.change(epoch: 1, participant: "anna", videoFrom: 1_000) == false)
    #expect(view.present(rtpTimestamp: 999) == nil)
    #expect(view.present(rtpTimestamp: 1_000) == "anna")
    #expect(view.present(rtpTimestamp: 7_000) == "anna")
  }

  @Test func timestampsAreComparedModulo2To32() {
    var view = SeatView()
    _ = view.change(epoch: 1, participant: "anna", videoFrom: 0xFFFF_FF00)
    #expect(view.present(rtpTimestamp: 0xFFFF_FE00) == nil)
    #expect(view.present(rtpTimestamp: 0x0000_0010) == "anna")
  }

  @Test func anEmptiedSeatIsBlankAndAcknowledged() {
    var view = SeatView()
    _ = view.change(epoch: 1, participant: "anna", videoFrom: 0)
    #expect(view.present(rtpTimestamp: 1) == "anna")
    #expect(view.change(epoch: 2, participant: nil, videoFrom: nil) == true)
    #expect(view.present(rtpTimestamp: 2) == nil && view.participant == nil)
  }

  @Test func anOldOrRepeatedChangeChangesNothing() {
    var view = SeatView()
    _ = view.change(epoch: 4, participant: "anna", videoFrom: 0)
    #expect(view.change(epoch: 3, participant: nil, videoFrom: nil) == false)
    #expect(view.change(epoch: 4, participant: "bo", videoFrom: 0) == false)
    #expect(view.participant == "anna" && view.epoch == 4)
  }

  @Test func aMarkIsReadAsItWasWritten() {
    var mark = MediaMark(
      publisher: 7, source: .screen, number: 99, captured: Instant(nanoseconds: 1 << 40))
    mark.packet = 2
    mark.packets = 3
    var writer = ByteWriter()
    writer.write(UInt8(0xFF))
    mark.write(to: &writer)
    let bytes = writer.bytes
    #expect(bytes.count == 1 + MediaMark.length)
    #expect(MediaMark(in: bytes.span.bytes, at: 1..<bytes.count) == mark)
    for end in 1..<bytes.count { #expect(MediaMark(in: bytes.span.bytes, at: 1..<end) == nil) }
    #expect(MediaMark(in: bytes.span.bytes, at: 0..<bytes.count) == nil)
  }
}
