import Primitives

/// How loud a packet's sound is, as its sender says (RFC 6464 section 3).
///
///      0 1 2 3 4 5 6 7
///     +-+-+-+-+-+-+-+-+
///     |V|    level    |
///     +-+-+-+-+-+-+-+-+
public struct AudioLevel: Hashable, Sendable {
  /// Whether the sender found a voice in it.
  public var isVoice: Bool
  /// The level below the loudest possible, in dB: 0 (loudest) ... 127 (silence).
  public var attenuation: UInt8

  /// Joins the parts.
  @inlinable
  public init(isVoice: Bool, attenuation: UInt8) {
    self.isVoice = isVoice
    self.attenuation = attenuation
  }

  /// Reads the element that the packet carries under `id`; nil where there is none, or an empty
  /// one. The two-byte form may carry bytes behind the first, which have no meaning yet.
  @inlinable
  public init?(id: UInt8, header: RTPHeader, in bytes: RawSpan) {
    guard let element = header.findExtension(id: id, in: bytes), !element.isEmpty else {
      return nil
    }
    self.init(byte: bytes[element.lowerBound])
  }

  /// Reads the element's byte.
  @inlinable
  public init(byte: UInt8) {
    self.init(isVoice: byte & 0x80 != 0, attenuation: byte & 0x7F)
  }

  /// The element's byte.
  @inlinable
  public var byte: UInt8 { (isVoice ? 0x80 : 0) | attenuation & 0x7F }
}
