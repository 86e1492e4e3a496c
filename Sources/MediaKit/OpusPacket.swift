import Primitives

/// Bytes of one's own in an Opus packet: the padding of RFC 6716 section 3.2.5, which decoders
/// step over whatever it holds.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | config  |s|1|1|v|p|  frames   | padding bytes | lengths, if v…|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     :                           the frames                          :
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     :                           the padding                         :
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public enum OpusPacket {
  private static let variable: UInt8 = 0x80
  private static let padding: UInt8 = 0x40
  /// RFC 6716 section 3.4.
  private static let largestFrame = 1_275

  /// The same sound with `bytes` as padding; nil for a packet that is empty, or of code 3 already.
  public static func padded(_ packet: [UInt8], with bytes: [UInt8]) -> [UInt8]? {
    guard let first = packet.first, first & 3 < 3 else { return nil }
    // Codes 0 and 1 are one and two frames of equal length. Code 2 has the first one's length in
    // front of the frames, just where code 3 has it.
    let frames: UInt8 = first & 3 == 0 ? 1 : 2
    let head = padding | frames | (first & 3 == 2 ? variable : 0)
    var result: [UInt8] = [first | 3, head]
    var count = bytes.count
    while count > 254 {
      result.append(255)
      count -= 254
    }
    result.append(UInt8(count))
    return result + packet.dropFirst() + bytes
  }

  /// Where the padding of a packet is; nil where it has none, or is no valid packet of code 3.
  public static func padding(of packet: RawSpan) -> Range<Int>? {
    var reader = ByteReader(packet)
    guard let first = try? reader.readUInt8(), first & 3 == 3,
      let head = try? reader.readUInt8(), head & padding != 0,
      let count = readPaddingCount(&reader), count > 0, count <= reader.remaining
    else { return nil }
    let frames = Int(head & 0x3F)
    guard frames > 0, frameDuration(of: first) * frames <= .milliseconds(120) else { return nil }
    let end = packet.byteCount - count
    guard
      head & variable == 0
        ? (end - reader.offset) % frames == 0
          && (end - reader.offset) / frames <= largestFrame
        : holdsFrames(frames, in: &reader, before: end)
    else { return nil }
    return end..<packet.byteCount
  }

  /// Each 255 stands for 254 bytes, and for another count behind it.
  private static func readPaddingCount(_ reader: inout ByteReader) -> Int? {
    var count = 0
    while let byte = try? reader.readUInt8() {
      guard byte == 255 else { return count + Int(byte) }
      count += 254
    }
    return nil
  }

  /// Whether frames that give their lengths (RFC 6716 section 3.2.1), all but the last, end in
  /// time.
  private static func holdsFrames(
    _ frames: Int, in reader: inout ByteReader, before end: Int
  ) -> Bool {
    var total = 0
    for _ in 1..<frames {
      guard let low = try? reader.readUInt8() else { return false }
      var length = Int(low)
      if low >= 252 {
        guard let high = try? reader.readUInt8() else { return false }
        length += 4 * Int(high)
      }
      total += length
    }
    return 0...largestFrame ~= end - reader.offset - total
  }

  /// What one frame takes, by the first byte (RFC 6716 section 3.1).
  private static func frameDuration(of first: UInt8) -> Duration {
    let size = Int(first >> 3 & 3)
    return switch first >> 3 {
    case 0..<12: .milliseconds([10, 20, 40, 60][size])
    case 12..<16: .milliseconds([10, 20][size & 1])
    default: .microseconds(2_500) * (1 << size)
    }
  }
}
