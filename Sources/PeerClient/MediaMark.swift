import Primitives
import Wire

/// What each synthetic packet says of itself in its payload, so that a receiver can tell whose
/// picture or sound it has got, which one, and how old.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                      "mark" in ASCII                          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                          publisher                            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                 number of the frame or sound                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |    source     |    packet     |          packets              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                capture time in nanoseconds                    |
///     |                                                               |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct MediaMark: Hashable, Sendable {
  /// Bytes that a mark takes.
  public static let length = 24

  /// Who published it: the number that the client was made with.
  public var publisher: UInt32
  /// The device that it claims to come from.
  public var source: MediaSource
  /// The count of frames or sounds from this source, from 0.
  public var number: UInt32
  /// When it was captured, on the clock that all clients of a run share.
  public var captured: Instant
  /// Which packet of its frame this is, from 0.
  var packet: UInt8 = 0
  /// How many packets the frame has.
  var packets: UInt16 = 1

  /// Joins the parts; it is the mark of a packet that is a frame or sound of its own.
  public init(publisher: UInt32, source: MediaSource, number: UInt32, captured: Instant) {
    self.publisher = publisher
    self.source = source
    self.number = number
    self.captured = captured
  }

  /// Reads the mark at the start of a range of bytes; nil where there is none.
  public init?(in bytes: RawSpan, at range: Range<Int>) {
    guard range.count >= Self.length else { return nil }
    let start = range.lowerBound
    guard bytes.uint32(at: start) == Self.magic,
      MediaSource.allCases.indices.contains(Int(bytes[start + 12]))
    else { return nil }
    publisher = bytes.uint32(at: start + 4)
    number = bytes.uint32(at: start + 8)
    source = MediaSource.allCases[Int(bytes[start + 12])]
    packet = bytes[start + 13]
    packets = bytes.uint16(at: start + 14)
    let high = UInt64(bytes.uint32(at: start + 16))
    captured = Instant(
      nanoseconds: Int64(bitPattern: high << 32 | UInt64(bytes.uint32(at: start + 20))))
  }

  /// Reads the mark of a packet with the given payload: at its start, or at its end where the media
  /// was prepared.
  init?(in bytes: RawSpan, ofPayload range: Range<Int>) {
    if let mark = MediaMark(in: bytes, at: range) {
      self = mark
    } else if let mark = MediaMark(in: bytes, at: range.suffix(Self.length)) {
      self = mark
    } else {
      return nil
    }
  }

  /// The mark alone.
  var bytes: [UInt8] {
    var writer = ByteWriter(capacity: Self.length)
    write(to: &writer)
    return writer.bytes
  }

  /// Appends the mark.
  public func write(to writer: inout ByteWriter) {
    writer.write(Self.magic)
    writer.write(publisher)
    writer.write(number)
    writer.write(UInt8(MediaSource.allCases.firstIndex(of: source) ?? 0))
    writer.write(packet)
    writer.write(packets)
    writer.write(UInt64(bitPattern: captured.nanoseconds))
  }

  private static let magic: UInt32 = 0x6D61_726B
}
