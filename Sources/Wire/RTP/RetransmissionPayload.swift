import Primitives

/// A retransmitted packet's payload: the original sequence number (OSN), then the original
/// payload (RFC 4588 section 4).
///
///      0                   1
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |              OSN              | then the original payload
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// The packets of a retransmission stream have their own payload type, SSRC and sequence numbers;
/// timestamp and marker are the original's.
public enum RetransmissionPayload {
  /// Bytes that the OSN takes.
  public static var overhead: Int { 2 }

  /// The OSN of the packet in `bytes`, or nil for one that carries nothing: a probe of padding.
  @inlinable
  public static func originalSequenceNumber(of header: RTPHeader, in bytes: RawSpan) -> UInt16? {
    let payload = header.payloadRange
    guard payload.count >= overhead else { return nil }
    return bytes.uint16(at: payload.lowerBound)
  }

  /// Turns the retransmission in `packet` back into the original, in place.
  ///
  /// `header` is that of the packet; it becomes the original's, with the given payload type and
  /// SSRC and the OSN as sequence number. The payload and any padding move down over the OSN.
  /// False, and nothing changed, where there is no OSN.
  public static func unwrap(
    _ packet: inout MutableRawSpan, header: inout RTPHeader, payloadType: UInt8, ssrc: UInt32
  ) -> Bool {
    guard
      let number = originalSequenceNumber(of: header, in: packet.bytes)
    else { return false }
    packet.move(
      header.headerLength + overhead..<header.packetLength, to: header.headerLength)
    header.packetLength -= overhead
    header.payloadType = payloadType
    header.ssrc = ssrc
    header.sequenceNumber = number
    header.patch(&packet)
    return true
  }

  /// Turns the packet in `packet` into its retransmission, in place.
  ///
  /// `header` is that of the packet; it becomes the retransmission's. The payload and any padding
  /// move up to make room for the OSN, for which the buffer must have two more bytes.
  public static func wrap(
    _ packet: inout MutableRawSpan, header: inout RTPHeader, payloadType: UInt8, ssrc: UInt32,
    sequenceNumber: UInt16
  ) {
    packet.move(
      header.headerLength..<header.packetLength, to: header.headerLength + overhead)
    packet.store(header.sequenceNumber, at: header.headerLength)
    header.packetLength += overhead
    header.payloadType = payloadType
    header.ssrc = ssrc
    header.sequenceNumber = sequenceNumber
    header.patch(&packet)
  }
}

extension MutableRawSpan {
  /// Moves the bytes of `source` so that they start at `target`; the two places may overlap and
  /// must lie inside: checked.
  @_lifetime(self: copy self)
  fileprivate mutating func move(_ source: Range<Int>, to target: Int) {
    withUnsafeMutableBytes { buffer in
      UnsafeMutableRawBufferPointer(rebasing: buffer[target..<target + source.count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[source]))
    }
  }
}
