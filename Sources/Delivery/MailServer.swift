import Primitives

/// The server that takes e-mail for us (a submission server, RFC 6409), and who we are there.
public struct MailServer: Equatable, Sendable {
  /// How the connection is protected.
  public enum Protection: Equatable, Sendable {
    /// From the first byte.
    case implicit
    /// By STARTTLS, without which nothing is sent; only to this very machine it may be missing.
    case upgraded
  }

  /// Name or address of the server.
  public var host: String
  /// Its port.
  public var port: UInt16
  /// How the connection is protected.
  public var protection: Protection
  /// Who signs in; nil: nobody does.
  public var signIn: SignIn?
  /// The address that messages come from.
  public var sender: MailAddress

  /// Joins the parts.
  public init(
    host: String, port: UInt16, protection: Protection, signIn: SignIn? = nil, sender: MailAddress
  ) {
    self.host = host
    self.port = port
    self.protection = protection
    self.signIn = signIn
    self.sender = sender
  }

  /// The server as libcurl takes it. The path is the name that we greet with: the sender's domain,
  /// so that this machine's own is told to nobody.
  var url: String {
    let scheme = protection == .implicit ? "smtps" : "smtp"
    return "\(scheme)://\(host):\(port)/\(sender.domain)"
  }

  /// Whether what goes there stays on this machine.
  var isLocal: Bool {
    let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    return host == "localhost" || NetworkAddress(host: bare, port: 0)?.isLoopback == true
  }
}

/// A user name with its password.
public struct SignIn: Equatable, Sendable {
  /// The user name.
  public var user: String
  /// The password.
  public var password: Redacted<String>

  /// Joins the two.
  public init(user: String, password: Redacted<String>) {
    self.user = user
    self.password = password
  }
}

/// An address that can stand in a message's envelope and header as it is: one `local@domain` in
/// ASCII without quoting, comments or space, so that nothing in it can end a line or name a second
/// recipient (RFC 5321 section 4.1.2, `Dot-string`).
public struct MailAddress: Equatable, Sendable {
  /// The part before the @.
  public let local: String
  /// The part after it.
  public let domain: String

  /// Reads an address; nil for every other form.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count <= 64, text.utf8.count <= 254,
      Self.isDotted(parts[0], of: Self.isAtomText), Self.isDotted(parts[1], of: Self.isHostText)
    else { return nil }
    local = String(parts[0])
    domain = String(parts[1])
  }

  /// `local@domain`.
  var text: String { local + "@" + domain }

  private static func isDotted(_ text: Substring, of isAllowed: (UInt8) -> Bool) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy(isAllowed)
    }
  }

  private static func isAtomText(_ byte: UInt8) -> Bool {
    isHostText(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isHostText(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: true
    default: false
    }
  }
}
