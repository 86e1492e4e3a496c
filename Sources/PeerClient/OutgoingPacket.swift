import Primitives
import Wire

/// A clear RTP packet before its header is written.
struct OutgoingPacket {
  var payloadType: UInt8
  var ssrc: UInt32
  /// The sequence number with its roll-overs: the SRTP packet index.
  var index: UInt64
  var timestamp: UInt32
  var marker: Bool
  /// What stands before the payload: a descriptor, or the number of a packet that is sent again.
  var prefix: [UInt8] = []
  var payload: [UInt8]
  /// What stands behind it: the mark of prepared media.
  var trailer: [UInt8] = []
  /// Set on audio (RFC 6464).
  var level: AudioLevel?

  /// Bytes behind the header.
  var payloadLength: Int { prefix.count + payload.count + trailer.count }

  /// Writes the packet, with the extensions that are in use, into a buffer of at least
  /// `Limits.datagramBytes`. Returns its length and that of its header.
  func write(
    to slot: UnsafeMutableRawBufferPointer, mid: String, transportSequence: UInt16,
    extensions: ExtensionIDs
  ) -> (length: Int, headerLength: Int) {
    let header = RTPHeader(
      payloadType: payloadType, sequenceNumber: UInt16(truncatingIfNeeded: index),
      timestamp: timestamp, ssrc: ssrc, marker: marker)
    var bytes = slot.mutableBytes
    header.write(to: &bytes)
    let name = Array(mid.utf8)
    var writer = HeaderExtensionWriter()
    writer.append(
      id: extensions.mid, copying: name.indices, of: name.span.bytes, to: &bytes)
    writer.append(id: extensions.transportSequence, transportSequence, to: &bytes)
    if let level { writer.append(id: extensions.audioLevel, level.byte, to: &bytes) }
    let headerLength = writer.finish(&bytes)
    precondition(headerLength + payloadLength <= slot.count, "a packet longer than its slot")
    var length = headerLength
    for part in [prefix, payload, trailer] {
      UnsafeMutableRawBufferPointer(rebasing: slot[length...]).copyBytes(from: part)
      length += part.count
    }
    return (length, headerLength)
  }
}

extension UInt64 {
  /// The NTP time (RFC 5905 section 6) that a sender with the given clock has at an instant: that
  /// clock's origin lies somewhere in 2026.
  init(ntpTimeAt now: Instant, clockOffset: Duration) {
    let time = (now + clockOffset).nanoseconds.magnitude
    let seconds = time / 1_000_000_000 + 3_976_300_800
    let fraction = (time % 1_000_000_000 << 32) / 1_000_000_000
    self = seconds << 32 | fraction
  }
}
