import Primitives
import Wire

/// A packet of 12 bytes of header and four of payload, marker set.
let plainPacket: [UInt8] = [
  0x80, 0xE0, 0x12, 0x34, 0xDE, 0xAD, 0xBE, 0xEF, 0xCA, 0xFE, 0xBA, 0xBE, 1, 2, 3, 4,
]

/// A packet with two CSRCs, a one-byte extension block of two words and three bytes of padding.
let fullPacket: [UInt8] = [
  0xB2, 0x60, 0x00, 0x01, 0, 0, 0, 2, 0, 0, 0, 3,
  0, 0, 0, 4, 0, 0, 0, 5,
  0xBE, 0xDE, 0, 2, 0x10, 0xAA, 0x00, 0x31, 0xBB, 0xCC, 0x00, 0x00,
  9, 8, 7, 0, 0, 3,
]

/// Parses the header of the packet that fills `bytes`.
func parse(_ bytes: [UInt8]) throws(WireError) -> RTPHeader {
  try RTPHeader(parsing: bytes.span.bytes)
}

/// Lets `body` change `bytes` in place.
func edit<Result>(
  _ bytes: inout [UInt8], _ body: (inout MutableRawSpan) throws -> Result
) rethrows -> Result {
  var elements = bytes.mutableSpan
  var raw = elements.mutableBytes
  return try body(&raw)
}
