/// A name as it is searched for and sorted by in Sweden: in small letters, without accents, with
/// å, ä and ö as letters of their own behind z.
///
/// So `a` does not find `å`, and `e` and `é` find each other.
enum NameKey {
  /// The words of a name, of letters and digits; everything else divides words.
  static func words(of text: String) -> [String] {
    fold(text).split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  /// What a name is sorted by: one number a letter, in the order of the Swedish alphabet.
  static func order(of text: String) -> [UInt32] {
    fold(text).unicodeScalars.map { scalar in
      switch scalar {
      case "å": Self.afterZ
      case "ä": Self.afterZ + 1
      case "ö": Self.afterZ + 2
      case _ where scalar.value > 0x7A: scalar.value + 3
      default: scalar.value
      }
    }
  }

  private static let afterZ: UInt32 = 0x7B

  private static func fold(_ text: String) -> String {
    var folded = ""
    for character in text.lowercased() { folded += Self.plain[character] ?? String(character) }
    return folded
  }

  /// What letters with accents, and those of other alphabets of the neighbourhood, count as. The
  /// keys are compared as characters, so that a letter with a combining accent is found too.
  private static let plain: [Character: String] = {
    let families: KeyValuePairs<String, String> = [
      "a": "àáâãāăą", "c": "çćčĉ", "d": "ďđð", "e": "èéêëēĕėęě", "g": "ğĝģ", "i": "ìíîïīįı",
      "k": "ķ", "l": "łľĺļ", "n": "ñńňņ", "o": "òóôõōŏő", "r": "řŕ", "s": "śšşș", "t": "ťţț",
      "u": "ùúûüūůűų", "y": "ýÿ", "z": "źżž", "å": "å", "ä": "äæ", "ö": "öø", "ss": "ß", "th": "þ",
      "oe": "œ",
    ]
    var plain: [Character: String] = [:]
    for (letter, others) in families {
      for other in others { plain[other] = letter }
    }
    return plain
  }()
}
