/// A service of somebody else's that messages are handed to: `scheme://user@host:port/path`.
public struct ServiceAddress: Equatable, Sendable {
  /// How it is spoken to, in lower case.
  public var scheme: String
  /// Who signs in; nil: nobody does. The password lies with the secrets.
  public var user: String?
  /// Name or address of the machine, an IPv6 address in brackets.
  public var host: String
  /// The port; nil: the scheme's own.
  public var port: UInt16?
  /// What follows, from the slash on.
  public var path: String

  /// Reads an address; nil where it is none, has a password, or anything that is not ASCII text.
  public init?(_ text: String) {
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
      let mark = text.firstRange(of: "://")
    else { return nil }
    scheme = String(text[..<mark.lowerBound])
    let rest = text[mark.upperBound...]
    let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
    path = String(rest[pathStart...])
    var authority = rest[..<pathStart]
    if let at = authority.lastIndex(of: "@") {
      user = String(authority[..<at])
      authority = authority[authority.index(after: at)...]
      guard user?.isEmpty == false, user?.contains(":") == false else { return nil }
    }
    if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
      guard let port = UInt16(authority[authority.index(after: colon)...]), port > 0 else {
        return nil
      }
      self.port = port
      authority = authority[..<colon]
    }
    guard !authority.isEmpty, authority.hasPrefix("[") == authority.contains(":"),
      !authority.contains("@"), !authority.contains("?")
    else { return nil }
    host = String(authority)
  }

  /// The whole without the user.
  public var url: String { "\(scheme)://\(host)\(port.map { ":\($0)" } ?? "")\(path)" }
}
