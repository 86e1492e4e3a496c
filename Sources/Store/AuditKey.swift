import Primitives
import Security

/// The key behind the audit log: who does not have it cannot make a row, a head or a checkpoint.
///
/// Every code begins with a word for what it is about, so that none can stand for another.
public struct AuditKey: Sendable {
  private enum Domain: String {
    case row, event, head, accepted, checkpoint
  }

  private let key: Redacted<[UInt8]>

  /// A key of at least 32 bytes, or nil.
  public init?(_ key: Redacted<[UInt8]>) {
    guard key.value.count >= 32 else { return nil }
    self.key = key
  }

  /// The code of a row: over the code of the one before, and all that the row says.
  func code(of row: AuditRow, after previous: [UInt8]) -> [UInt8] {
    code(.row, previous, row.text)
  }

  /// What the chain begins with.
  var beginning: [UInt8] { code(.row, [], []) }

  /// The code of an event, which its row carries: a changed event does not go with it any more.
  func code(position: Int64, at: Int64, visit: String?, payload: String) -> [UInt8] {
    code(
      .event, [],
      [.integer(position), .integer(at), visit.map { .string($0) } ?? .null, .string(payload)])
  }

  /// The signature of a head: the log had `number` rows, the last with this code.
  func signature(ofHead number: Int64, _ code: [UInt8], isAccepted: Bool) -> [UInt8] {
    self.code(isAccepted ? .accepted : .head, code, [.integer(number)])
  }

  /// The signature of a checkpoint: the rows up to `number`, the last with this code, were cut off.
  func signature(ofCheckpoint number: Int64, _ code: [UInt8], at: Int64) -> [UInt8] {
    self.code(.checkpoint, code, [.integer(number), .integer(at)])
  }

  /// Codes have one length, so what stands before the text cannot run into it.
  private func code(_ domain: Domain, _ previous: [UInt8], _ text: JSON) -> [UInt8] {
    let message = Array(domain.rawValue.utf8) + [0] + previous + Array(text.description.utf8)
    return HMAC.sha256(key: key.value, message)
  }
}
