import Primitives

/// Builds a STUN message: attributes in the order in which they are written, then, by `seal`,
/// MESSAGE-INTEGRITY and FINGERPRINT.
///
/// The code of MESSAGE-INTEGRITY comes from outside, since keys and hashes are none of this
/// target's business: `authenticatedBytes`, then `seal(integrityCode:)`.
public struct STUNWriter: Sendable {
  private var writer = ByteWriter(capacity: 128)
  private let transactionID: STUNTransactionID

  /// Begins a Binding message.
  public init(_ messageClass: STUNMessage.Class, transactionID: STUNTransactionID) {
    self.transactionID = transactionID
    let bits = UInt16(messageClass.rawValue)
    writer.write(STUNMessage.binding | (bits & 1) << 4 | (bits & 2) << 7)
    writer.write(UInt16(0))
    writer.write(STUNMessage.magicCookie)
    writer.write(transactionID.high)
    writer.write(transactionID.low)
  }

  /// Appends USERNAME, as it stands in a check: the receiver's fragment before the sender's.
  public mutating func writeUsername(receiver: String, sender: String) {
    append(.username, Array("\(receiver):\(sender)".utf8))
  }

  /// Appends PRIORITY.
  public mutating func writePriority(_ priority: UInt32) {
    beginAttribute(.priority, length: 4)
    writer.write(priority)
  }

  /// Appends USE-CANDIDATE: the check nominates.
  public mutating func writeUseCandidate() { beginAttribute(.useCandidate, length: 0) }

  /// Appends ICE-CONTROLLING or ICE-CONTROLLED.
  public mutating func writeRole(_ role: STUNRole) {
    switch role {
    case .controlling(let tieBreaker):
      beginAttribute(.controlling, length: 8)
      writer.write(tieBreaker)
    case .controlled(let tieBreaker):
      beginAttribute(.controlled, length: 8)
      writer.write(tieBreaker)
    }
  }

  /// Appends XOR-MAPPED-ADDRESS.
  public mutating func writeMappedAddress(_ address: NetworkAddress) {
    beginAttribute(.xorMappedAddress, length: address.isIPv4 ? 8 : 20)
    address.writeXORMapped(to: &writer, transactionID: transactionID)
  }

  /// Appends ERROR-CODE without a reason phrase; `code` is 300...699.
  public mutating func writeErrorCode(_ code: UInt16) {
    beginAttribute(.errorCode, length: 4)
    writer.write(UInt32(code / 100) << 8 | UInt32(code % 100))
  }

  /// Appends UNKNOWN-ATTRIBUTES.
  public mutating func writeUnknownAttributes(_ types: [UInt16]) {
    append(.unknownAttributes, types.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
  }

  /// What MESSAGE-INTEGRITY is computed over, were the message sealed now.
  public var authenticatedBytes: [UInt8] {
    var copy = writer
    copy.overwrite(UInt16(bodyLength + 4 + Self.integrityLength), at: 2)
    return copy.bytes
  }

  /// The finished message: MESSAGE-INTEGRITY with the 20 bytes of `integrityCode`, where there
  /// are any, and FINGERPRINT.
  public consuming func seal(integrityCode: [UInt8]?) -> [UInt8] {
    if let integrityCode {
      precondition(integrityCode.count == Self.integrityLength)
      append(.messageIntegrity, integrityCode)
    }
    writer.overwrite(UInt16(bodyLength + STUNFingerprint.attributeLength), at: 2)
    let fingerprint = STUNFingerprint.value(of: writer.bytes.span.bytes)
    writer.write(STUNAttribute.fingerprint.rawValue)
    writer.write(UInt16(4))
    writer.write(fingerprint)
    return writer.bytes
  }

  private static let integrityLength = 20

  private var bodyLength: Int { writer.count - STUNMessage.headerLength }

  private mutating func beginAttribute(_ attribute: STUNAttribute, length: Int) {
    writer.write(attribute.rawValue)
    writer.write(UInt16(length))
  }

  private mutating func append(_ attribute: STUNAttribute, _ value: [UInt8]) {
    beginAttribute(attribute, length: value.count)
    writer.write(value)
    writer.pad(to: 4)
  }
}
