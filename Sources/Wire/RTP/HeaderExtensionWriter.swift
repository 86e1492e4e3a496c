import Primitives

/// Writes the header extension block of an outgoing packet in the one-byte form (RFC 8285
/// section 4.2).
///
/// An outgoing block is always made anew with the receiver's ids, so that only what the caller
/// names goes out. An element whose id is 0, an extension that the receiver did not negotiate, is
/// left out. Every write is checked against the packet's buffer.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |       0xBE    |    0xDE       |       length in words         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  ID   | len-1 |  data, then the next element; zeros to a word |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct HeaderExtensionWriter: Sendable {
  /// The one-byte form's longest element.
  @usableFromInline static var longestElement: Int { 16 }

  @usableFromInline let start: Int
  @usableFromInline var end: Int

  /// Starts a block directly behind a fixed header without CSRCs.
  @inlinable
  public init() {
    start = RTPHeader.fixedLength
    end = start + 4
  }

  /// Adds an element of one byte.
  @inlinable
  public mutating func append(id: UInt8, _ value: UInt8, to packet: inout MutableRawSpan) {
    guard open(id: id, length: 1, in: &packet) else { return }
    packet.store(value, at: end)
    end += 1
  }

  /// Adds an element of two bytes.
  @inlinable
  public mutating func append(id: UInt8, _ value: UInt16, to packet: inout MutableRawSpan) {
    guard open(id: id, length: 2, in: &packet) else { return }
    packet.store(value, at: end)
    end += 2
  }

  /// Adds an element of three bytes, the low 24 bits of `value`.
  @inlinable
  public mutating func append(id: UInt8, uint24 value: UInt32, to packet: inout MutableRawSpan) {
    guard open(id: id, length: 3, in: &packet) else { return }
    packet.store(UInt8(truncatingIfNeeded: value >> 16), at: end)
    packet.store(UInt16(truncatingIfNeeded: value), at: end + 1)
    end += 3
  }

  /// Adds an element with the bytes that `element` names in another packet, as
  /// `RTPHeader.findExtension` gave it; one that the one-byte form cannot carry (0 or more than
  /// 16 bytes) is left out.
  @inlinable
  public mutating func append(
    id: UInt8, copying element: Range<Int>, of source: RawSpan, to packet: inout MutableRawSpan
  ) {
    guard open(id: id, length: element.count, in: &packet) else { return }
    for offset in element {
      packet.store(source[offset], at: end)
      end += 1
    }
  }

  /// Closes the block: pads it with zeros to a word and sets the header's X bit, or clears that
  /// where nothing was added. Returns the length of the header, where the payload goes.
  @inlinable
  public mutating func finish(_ packet: inout MutableRawSpan) -> Int {
    let first = packet.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
    guard end > start + 4 else {
      packet.store(first & ~0x10, at: 0)
      return start
    }
    while (end - start) % 4 != 0 {
      packet.store(UInt8(0), at: end)
      end += 1
    }
    packet.store(first | 0x10, at: 0)
    packet.store(RTPHeader.oneByteProfile, at: start)
    packet.store(UInt16(truncatingIfNeeded: (end - start) / 4 - 1), at: start + 2)
    return end
  }

  /// Writes an element's first byte; false if the element has to be left out.
  @inlinable
  mutating func open(id: UInt8, length: Int, in packet: inout MutableRawSpan) -> Bool {
    guard 1...14 ~= id, 1...Self.longestElement ~= length else { return false }
    packet.store(id << 4 | UInt8(truncatingIfNeeded: length - 1), at: end)
    end += 1
    return true
  }
}
