import CSecurity
import Primitives

/// The same as `AEADTransform`, in one call a packet, on processors for which there is a library
/// that does it so.
struct FastAEADTransform: ~Copyable {
  private static let tagLength = Int(security_gcm_tag_bytes)

  private let memory: NearMemory
  private let key: OpaquePointer
  private let salt: SRTPBlock

  /// Nil where there is none.
  init?(_ keys: SessionKeys) {
    let bytes = security_gcm_bytes()
    guard bytes > 0 else { return nil }
    let memory = NearMemory(bytes: bytes)
    guard let key = security_gcm_expand(memory.start, keys.encryption, keys.encryption.count)
    else { return nil }
    self.memory = memory
    self.key = key
    salt = SRTPBlock(keys.salt)
  }

  deinit { security_gcm_wipe(key) }

  /// Has the processor bring near the expanded key.
  func prefetch() { security_gcm_prefetch(key) }

  func seal(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) {
    let tag = packet.pointer(at: unit.textEnd, count: Self.tagLength)
    let count = unit.textEnd - unit.headLength
    let text = packet.pointer(at: unit.headLength, count: count)
    let rest = unit.rest
    let restStart = rest.bytes.isEmpty ? 0 : rest.start - unit.headLength
    precondition(restStart >= 0 && restStart + rest.bytes.count <= count, "not of the text")
    withHead(of: packet, unit) { head, vector in
      security_gcm_seal(
        key, vector, head.baseAddress, head.count, text, count,
        rest.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), restStart, rest.bytes.count,
        tag)
    }
    if unit.use == .rtcp { packet.store(unit.indexWord, at: unit.textEnd + Self.tagLength) }
  }

  func open(_ packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit) -> Bool {
    let tag = packet.pointer(at: unit.textEnd, count: Self.tagLength)
    let count = unit.textEnd - unit.headLength
    let text = packet.pointer(at: unit.headLength, count: count)
    return withHead(of: packet, unit) { head, vector in
      security_gcm_open(key, vector, head.baseAddress, head.count, text, count, tag) == 1
    }
  }

  /// Calls `body` with what is authenticated but stays clear, and with the initialization vector.
  private func withHead<Result>(
    of packet: UnsafeMutableRawBufferPointer, _ unit: SRTPUnit,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafePointer<UInt8>) -> Result
  ) -> Result {
    salt.aeadVector(of: unit).withBytes { vector in
      let head = UnsafeBufferPointer(
        start: packet.pointer(at: 0, count: unit.headLength), count: unit.headLength)
      guard unit.use == .rtcp else { return body(head, vector) }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: unit.headLength + 4) {
        joined in
        _ = joined.update(fromContentsOf: head)
        UnsafeMutableRawBufferPointer(joined).store(unit.indexWord, at: unit.headLength)
        return body(UnsafeBufferPointer(joined), vector)
      }
    }
  }
}
