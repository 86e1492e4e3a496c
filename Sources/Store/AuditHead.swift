import Glibc
import Primitives
import Security

/// How long the audit log is and what its last row's code is: kept in a second place, it tells
/// whether rows have been cut off the end.
public struct AuditHead: Equatable, Sendable {
  /// The last row's number; 0 in an empty log.
  public let number: Int64
  /// The last row's code.
  let code: [UInt8]
  /// Whether the operator has accepted the log as it was found, rather than the daemon kept it:
  /// the daemon puts that on record.
  public let isAccepted: Bool

  init(number: Int64, code: [UInt8], isAccepted: Bool = false) {
    self.number = number
    self.code = code
    self.isAccepted = isAccepted
  }

  /// The same, as the operator's word.
  public var accepted: AuditHead { AuditHead(number: number, code: code, isAccepted: true) }

  /// Reads a head's text. Throws `broken` where it is none, or not signed with the key.
  public init(text: String, key: AuditKey) throws(StoreError) {
    let json = try? JSON(parsing: text)
    guard let number = json?["rows"]?.integer,
      let code = json?["mac"]?.string.flatMap(Base64.decodeURL),
      let signature = json?["signature"]?.string.flatMap(Base64.decodeURL)
    else {
      throw StoreError(reason: .broken, message: "the audit log's head is not of its form")
    }
    let isAccepted = json?["accepted"] == .bool(true)
    guard HMAC.areEqual(key.signature(ofHead: number, code, isAccepted: isAccepted), signature)
    else {
      throw StoreError(
        reason: .broken, message: "the audit log's head is not signed with the audit key")
    }
    self.init(number: number, code: code, isAccepted: isAccepted)
  }

  /// The head as one line of JSON, signed.
  public func text(key: AuditKey) -> String {
    let signature = key.signature(ofHead: number, code, isAccepted: isAccepted)
    let line = JSON.compact([
      "rows": .integer(number), "mac": .string(Base64.encodeURL(code)),
      "accepted": isAccepted ? .bool(true) : nil,
      "signature": .string(Base64.encodeURL(signature)),
    ])
    return line.description + "\n"
  }
}

/// The file that holds the head. It is best kept where who can write the database cannot.
public struct AuditHeadFile: Sendable {
  private let path: String
  private let key: AuditKey

  /// The file at `path`, signed with `key`.
  public init(path: String, key: AuditKey) {
    self.path = path
    self.key = key
  }

  /// The head that was written last; nil where there is no file yet.
  public func read() throws(StoreError) -> AuditHead? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if file < 0 && errno == ENOENT { return nil }
    guard file >= 0 else { throw failure() }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1_024)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw failure() }
    return try AuditHead(text: String(decoding: bytes[..<count], as: UTF8.self), key: key)
  }

  /// Puts a head in place of the one before, at once and for good, with mode 0600.
  public func write(_ head: AuditHead) throws(StoreError) {
    let fresh = path + ".new"
    let bytes = Array(head.text(key: key).utf8)
    let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure() }
    let isWritten =
      Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    let cause = isWritten ? nil : failure()
    close(file)
    if let cause { throw cause }
    guard rename(fresh, path) == 0 else { throw failure() }
  }

  private func failure() -> StoreError {
    StoreError(
      reason: .cannotOpen,
      message: "the audit log's head \(path): \(String(cString: strerror(errno)))")
  }
}
