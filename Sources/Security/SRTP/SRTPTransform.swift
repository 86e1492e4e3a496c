import CSecurity
import Primitives

/// What the transform has to know of a packet besides its bytes.
struct SRTPUnit {
  /// RTP or RTCP.
  var use: SessionKeys.Use
  var ssrc: UInt32
  /// The packet's index (RFC 3711 section 3.3.1), or the SRTCP index (section 3.4).
  var index: UInt64
  /// Bytes at the start that stay clear: the RTP header, or 8 of RTCP.
  var headLength: Int
  /// Where the text ends that is encrypted: the packet's length in the clear.
  var textEnd: Int
  /// What of the text is to be taken from elsewhere, when it is sealed.
  var rest = PacketRest.none

  /// How often the sequence number has rolled over; the sender and the receiver each count that.
  var rollOverCounter: UInt32 { UInt32(truncatingIfNeeded: index >> 16) }

  /// The word behind an SRTCP packet: E, that it is encrypted, and the index.
  var indexWord: UInt32 { 0x8000_0000 | UInt32(truncatingIfNeeded: index) }
}

/// The packet transform under one set of session keys.
///
/// Contexts are made once; a packet sets the initialization vector alone.
enum SRTPTransform: ~Copyable {
  case fastAEAD(FastAEADTransform)
  case aead(AEADTransform)
  case counterMode(CounterModeTransform)

  init(_ master: SRTPMasterKey, for use: SessionKeys.Use) {
    var keys = SessionKeys(master, for: use)
    defer { keys.wipe() }
    guard master.profile.isAEAD else {
      self = .counterMode(CounterModeTransform(keys))
      return
    }
    if let fast = FastAEADTransform(keys) {
      self = .fastAEAD(fast)
    } else {
      self = .aead(AEADTransform(keys))
    }
  }

  /// Has the processor bring near the expanded key, where it is known where that is.
  func prefetch() {
    switch self {
    case .fastAEAD(let transform): transform.prefetch()
    case .aead: break
    case .counterMode: break
    }
  }

  /// Encrypts the text and writes the trailer behind it.
  func seal(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    switch self {
    case .fastAEAD(let transform): transform.seal(packet, unit)
    case .aead(let transform):
      unit.rest.copy(into: packet)
      transform.seal(packet, unit)
    case .counterMode(let transform):
      unit.rest.copy(into: packet)
      transform.seal(packet, unit)
    }
  }

  /// Checks the trailer and decrypts the text in place. A packet that is not authentic is left
  /// as it was.
  func open(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) -> Bool {
    switch self {
    case .fastAEAD(let transform): transform.open(packet, unit)
    case .aead(let transform): transform.open(packet, unit)
    case .counterMode(let transform): transform.open(packet, unit)
    }
  }
}

/// A block of 16 bytes, as two big-endian words: salts and initialization vectors.
struct SRTPBlock {
  var high: UInt64
  var low: UInt64

  /// Up to 16 bytes, filled up with zeros.
  init(_ bytes: [UInt8]) {
    (high, low) = (0, 0)
    for (offset, byte) in bytes.prefix(16).enumerated() {
      if offset < 8 {
        high |= UInt64(byte) << UInt64(56 - 8 * offset)
      } else {
        low |= UInt64(byte) << UInt64(120 - 8 * offset)
      }
    }
  }

  /// Combines the block with another, bit by bit.
  func combined(high otherHigh: UInt64, low otherLow: UInt64) -> SRTPBlock {
    var block = self
    block.high ^= otherHigh
    block.low ^= otherLow
    return block
  }

  /// Calls `body` with the bytes.
  func withBytes<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    var words = (high.bigEndian, low.bigEndian)
    return withUnsafeBytes(of: &words) { bytes in
      guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else {
        preconditionFailure("a tuple has an address")
      }
      return body(start)
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The address of the byte at `offset`, of which `count` must lie inside: checked.
  func pointer(at offset: Int, count length: Int) -> UnsafeMutablePointer<UInt8> {
    guard let baseAddress, offset >= 0, length >= 0, length <= count - offset else {
      preconditionFailure("outside of the packet's slot")
    }
    return (baseAddress + offset).assumingMemoryBound(to: UInt8.self)
  }

  /// The big-endian 16-bit field at `offset`, inside: checked.
  func uint16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// The big-endian 32-bit field at `offset`, inside: checked.
  func uint32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Stores a big-endian 32-bit field at `offset`, inside: checked.
  func store(_ value: UInt32, at offset: Int) {
    precondition(offset >= 0 && offset + 4 <= count, "outside of the packet's slot")
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
  }
}
