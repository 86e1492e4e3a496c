/// An e-mail address that a message can be sent to: `local@domain`, as RFC 5321 section 4.1.2
/// writes it, without quoted local parts and without address literals; letters beyond ASCII may
/// stand in it (RFC 6531).
public struct EmailAddress: Hashable, Sendable {
  /// The whole address.
  public let text: String

  /// Reads what somebody has typed; white space around it is skipped.
  ///
  /// Throws `bad_email` with the field `email`.
  public init(typed: String) throws(Refusal) {
    var text = typed[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    guard let address = EmailAddress(String(text)) else {
      throw Refusal(.badEmail, field: "email")
    }
    self = address
  }

  /// Takes an address as it is; nil where it is none.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isLocalPart(parts[0]), Self.isDomain(parts[1]) else { return nil }
    self.text = text
  }

  private static func isLocalPart(_ part: Substring) -> Bool {
    let atoms = part.split(separator: ".", omittingEmptySubsequences: false)
    return part.utf8.count <= 64
      && atoms.allSatisfy { !$0.isEmpty && $0.unicodeScalars.allSatisfy(isAtomText) }
  }

  private static func isDomain(_ part: Substring) -> Bool {
    let labels = part.split(separator: ".", omittingEmptySubsequences: false)
    return part.utf8.count <= 253 && labels.count >= 2 && labels.allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
      && label.unicodeScalars.allSatisfy { isLetterOrDigit($0) || $0 == "-" }
  }

  /// RFC 5322 section 3.2.3.
  private static func isAtomText(_ scalar: Unicode.Scalar) -> Bool {
    isLetterOrDigit(scalar) || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar)
  }

  private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar)
        || ("A"..."Z").contains(scalar)
    }
    return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

extension EmailAddress: CustomStringConvertible {
  /// Never the address: it is personal.
  public var description: String { "‹e-mail address›" }
}
