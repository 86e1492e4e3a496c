/// A phone number in the form of E.164: `+`, the country, and the rest, 8 to 15 digits in all.
public struct PhoneNumber: Hashable, Sendable {
  /// The whole number, `+` included.
  public let text: String

  /// Reads what somebody has typed: spaces, hyphens, dots, slashes and brackets are skipped, a
  /// leading `00` stands for `+`, and a leading 0 for `country` (`+46`).
  ///
  /// Throws `bad_phone_number` with the field `phone`.
  public init(typed: String, country: String = "+46") throws(Refusal) {
    var digits = try Self.digits(typed)
    if digits.hasPrefix("+") {
      // «+46 (0)70 …»: the 0 in brackets is for those who ring from within the country.
      if digits.hasPrefix(country + "0") { digits = country + digits.dropFirst(country.count + 1) }
    } else if digits.hasPrefix("00") {
      digits = "+" + digits.dropFirst(2)
    } else if digits.hasPrefix("0") {
      digits = country + digits.dropFirst()
    } else {
      throw Self.bad
    }
    guard let number = PhoneNumber(e164: digits) else { throw Self.bad }
    self = number
  }

  /// Takes a number that is in the form of E.164 already; nil where it is not.
  public init?(e164 text: String) {
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: "+"), (8...15).contains(digits.count),
      digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.text = text
  }

  /// The digits of what was typed, and a leading `+`.
  private static func digits(_ typed: String) throws(Refusal) -> String {
    guard typed.utf8.count <= 40 else { throw bad }
    var digits = ""
    for character in typed {
      switch character {
      case "0"..."9" where character.isASCII: digits.append(character)
      case "+" where digits.isEmpty: digits.append(character)
      case "-", ".", "/", "(", ")", "\u{2010}", "\u{2011}", "\u{2013}": continue
      case _ where character.isWhitespace: continue
      default: throw bad
      }
    }
    return digits
  }

  private static let bad = Refusal(.badPhoneNumber, field: "phone")
}

extension PhoneNumber: CustomStringConvertible {
  /// Never the number: it is personal.
  public var description: String { "‹phone number›" }
}
