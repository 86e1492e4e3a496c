import Primitives
import Security
import Wire

/// The STUN messages of connectivity checks, made and verified with short-term credentials (RFC
/// 8445 section 7, RFC 8489 section 9.1).
enum BindingMessages {
  /// A check by a controlling agent.
  static func check(
    transactionID: STUNTransactionID, plan: TransportPlan, priority: UInt32, tieBreaker: UInt64,
    nominates: Bool
  ) -> [UInt8] {
    var writer = STUNWriter(.request, transactionID: transactionID)
    writer.writeUsername(
      receiver: plan.remote.usernameFragment, sender: plan.local.usernameFragment)
    writer.writePriority(priority)
    writer.writeRole(.controlling(tieBreaker: tieBreaker))
    if nominates { writer.writeUseCandidate() }
    return seal(writer, password: plan.remote.password)
  }

  /// The success response to a check from `address`.
  static func success(
    _ check: STUNMessage, from address: NetworkAddress, password: Redacted<String>
  ) -> [UInt8] {
    var writer = STUNWriter(.success, transactionID: check.transactionID)
    writer.writeMappedAddress(address)
    return seal(writer, password: password)
  }

  /// The error response to an authenticated check that cannot be processed, or nil where it can:
  /// 420 for attributes that it demands to be understood, 487 where it claims our own role.
  static func refusal(_ check: STUNMessage, password: Redacted<String>) -> [UInt8]? {
    var writer = STUNWriter(.error, transactionID: check.transactionID)
    if !check.unknownAttributes.isEmpty {
      writer.writeErrorCode(420)
      writer.writeUnknownAttributes(check.unknownAttributes)
    } else if case .controlled = check.role {
      writer.writeErrorCode(487)
    } else {
      return nil
    }
    return seal(writer, password: password)
  }

  /// Throws unless the message's MESSAGE-INTEGRITY is that of `password`.
  static func authenticate(
    _ message: STUNMessage, in bytes: RawSpan, password: Redacted<String>
  ) throws(TransportDrop) {
    guard let covered = message.authenticatedBytes(in: bytes),
      let code = message.integrityCode(in: bytes)
    else { throw .missingIntegrity }
    guard HMAC.areEqual(code, HMAC.sha1(key: Array(password.value.utf8), covered)) else {
      throw .wrongIntegrity
    }
  }

  private static func seal(_ writer: consuming STUNWriter, password: Redacted<String>) -> [UInt8] {
    let code = HMAC.sha1(key: Array(password.value.utf8), writer.authenticatedBytes)
    return writer.seal(integrityCode: code)
  }
}
