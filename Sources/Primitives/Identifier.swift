/// What an identifier names, and the letters that its text begins with.
public protocol IdentifierKind: Sendable {
  /// Two to four lower-case letters, unlike those of every other kind.
  static var prefix: String { get }
}

/// An opaque name: its kind's prefix, an underscore, and 20 characters that mean nothing.
///
/// Identifiers stand in URLs, logs, events and metrics, so they never carry personal data. They
/// are no secrets: knowing one gives access to nothing.
public struct Identifier<Kind: IdentifierKind>: Hashable, Comparable, Sendable {
  /// The whole text, prefix included.
  public let text: String

  /// A fresh identifier: 100 random bits.
  public init(random: inout RandomSource) {
    text = Kind.prefix + "_" + random.string(length: 20, alphabet: Self.alphabet)
  }

  /// An identifier that came from outside, or nil where the text is not of this kind's form.
  public init?(_ text: String) {
    let bytes = text.utf8
    guard text.hasPrefix(Kind.prefix + "_"), bytes.count > Kind.prefix.utf8.count + 1,
      bytes.count <= 64
    else { return nil }
    for byte in bytes.dropFirst(Kind.prefix.utf8.count + 1) {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D: continue
      default: return nil
      }
    }
    self.text = text
  }

  /// Orders by text, so that listings do not depend on a hash.
  public static func < (left: Self, right: Self) -> Bool { left.text < right.text }

  private static var alphabet: StaticString { "0123456789abcdefghjkmnpqrstvwxyz" }
}

extension Identifier: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}
