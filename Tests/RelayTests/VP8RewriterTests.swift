import Primitives
import Testing
import Wire

@testable import Relay

@Suite struct VP8RewriterTests {
  private func descriptor(id: UInt16, isLong: Bool, index: UInt8) throws -> VP8Descriptor {
    let field = isLong ? [0x80 | UInt8(id >> 8), UInt8(id & 255)] : [UInt8(id)]
    let bytes: [UInt8] = [0x90, 0xC0] + field + [index, 0x01]
    return try VP8Descriptor(parsing: bytes.span.bytes, at: 0..<bytes.count)
  }

  @Test func theFirstSourceGoesThroughAsItIs() throws {
    var rewriter = VP8Rewriter()
    let input = try descriptor(id: 77, isLong: true, index: 9)
    rewriter.start(at: input)
    #expect(rewriter.rewrite(input) == input)
  }

  @Test(arguments: [true, false])
  func numbersRunOnAcrossASwitchAndWrapAtTheirWidth(isLong: Bool) throws {
    let last: UInt16 = isLong ? 0x7FFF : 0x7F
    var rewriter = VP8Rewriter()
    let first = try descriptor(id: last - 1, isLong: isLong, index: 254)
    rewriter.start(at: first)
    _ = rewriter.rewrite(first)
    for step in 0..<4 as Range<UInt16> {
      let input = try descriptor(
        id: (5 + step) & last, isLong: isLong, index: UInt8(100 + step))
      if step == 0 { rewriter.start(at: input) }
      let output = rewriter.rewrite(input)
      #expect(output.pictureID?.value == (last + step) & last)
      #expect(output.tl0PicIdx?.value == 255 &+ UInt8(step))
    }
  }

  @Test func aLatePictureKeepsItsPlace() throws {
    var rewriter = VP8Rewriter()
    let first = try descriptor(id: 10, isLong: true, index: 1)
    rewriter.start(at: first)
    _ = rewriter.rewrite(first)
    _ = rewriter.rewrite(try descriptor(id: 12, isLong: true, index: 3))
    _ = rewriter.rewrite(try descriptor(id: 11, isLong: true, index: 2))
    let next = try descriptor(id: 500, isLong: true, index: 50)
    rewriter.start(at: next)
    #expect(rewriter.rewrite(next).pictureID?.value == 13)
    #expect(rewriter.rewrite(next).tl0PicIdx?.value == 4)
  }
}

extension VP8Rewriter {
  /// The descriptor that goes out for one that came in: what stands in the packet, and what the
  /// rewriter says that it wrote.
  fileprivate mutating func rewrite(_ input: VP8Descriptor) -> VP8Descriptor {
    var output = input
    var packet = [UInt8](repeating: 0, count: 32)
    packet[0] = 0x90
    packet[1] = 0xC0
    let written = packet.withUnsafeMutableBytes { bytes in
      var span = bytes.mutableBytes
      return rewrite(input, in: &span, payloadAt: 0)
    }
    if let id = input.pictureID {
      output.pictureID?.value = written.pictureID
      let start = Int(id.offset)
      let high = id.isLong ? UInt16(packet[start] & 0x7F) << 8 : 0
      #expect(high | UInt16(packet[start + (id.isLong ? 1 : 0)]) == written.pictureID)
    }
    if let index = input.tl0PicIdx {
      output.tl0PicIdx?.value = written.baseLayerIndex
      #expect(packet[Int(index.offset)] == written.baseLayerIndex)
    }
    return output
  }
}
