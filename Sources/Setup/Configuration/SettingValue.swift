import Delivery
import Primitives
import Security

/// Why a value is not what its key wants.
struct ValueMistake: Error, Equatable {
  /// In words that follow the key.
  var reason: String
}

/// The text of a value, and what it can be read as.
struct SettingValue: Equatable {
  /// The whole, without white space at either end.
  let text: String

  /// Takes a value from a file.
  init(text: Substring) { self.text = String(text) }

  /// One value, or several as `[a, b]`; none of them empty, none twice.
  func list<Element: Equatable>(
    _ read: (SettingValue) -> () throws(ValueMistake) -> Element
  ) throws(ValueMistake) -> [Element] {
    // "[::1]:8080" begins with a bracket and is no list; "[::1]" is one either way.
    guard text.hasPrefix("["), text.hasSuffix("]") else { return [try read(self)()] }
    let inner = text.dropFirst().dropLast().trimmed
    if inner.isEmpty { return [] }
    var result: [Element] = []
    for part in inner.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.trimmed.isEmpty else { throw ValueMistake(reason: "has an empty entry") }
      let element = try read(SettingValue(text: part.trimmed))()
      if result.contains(element) { throw ValueMistake(reason: "has \(part.trimmed) twice") }
      result.append(element)
    }
    return result
  }

  /// An address without port.
  func host() throws(ValueMistake) -> NetworkAddress {
    let bare =
      text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    guard let address = NetworkAddress(host: bare, port: 0) else {
      throw ValueMistake(reason: "\"\(text)\" is not an IP address, as 192.0.2.1 or 2001:db8::1")
    }
    return address
  }

  /// An address with a port.
  func endpoint() throws(ValueMistake) -> NetworkAddress {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...]),
      let address = try? SettingValue(text: text[..<colon]).host(),
      address.isIPv4 || text.hasPrefix("[")
    else {
      throw ValueMistake(
        reason: "\"\(text)\" is not an address with a port, as 192.0.2.1:8080 or [::]:8080")
    }
    return address.with(port: port)
  }

  /// An address, with or without the first outside port.
  func announcement() throws(ValueMistake) -> Configuration.Announcement {
    if let address = try? host() {
      guard !address.isWildcard else { throw ValueMistake(reason: "\"\(text)\" is no address") }
      return Configuration.Announcement(address: address, firstPort: nil)
    }
    let address = try endpoint()
    guard address.port > 0, !address.isWildcard else {
      throw ValueMistake(reason: "\"\(text)\" cannot be reached")
    }
    return Configuration.Announcement(address: address.with(port: 0), firstPort: address.port)
  }

  /// One port, or a range of them.
  func ports() throws(ValueMistake) -> ClosedRange<UInt16> {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map {
      UInt16($0.trimmed)
    }
    guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first > 0,
      first <= last
    else { throw ValueMistake(reason: "\"\(text)\" is not a port range, as 40000-40007") }
    return first...last
  }

  /// A whole number within bounds.
  func integer(in bounds: ClosedRange<Int>) throws(ValueMistake) -> Int {
    guard let value = Int(text), bounds.contains(value) else {
      throw ValueMistake(
        reason: "\"\(text)\" is not a number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return value
  }

  /// An origin as browsers send it (RFC 6454 section 6.1).
  func origin() throws(ValueMistake) -> String {
    let rest =
      ["https://", "http://"].first(where: text.hasPrefix).map { text.dropFirst($0.count) } ?? ""
    guard !rest.isEmpty, !rest.contains(where: { "/?#@ ".contains($0) }) else {
      throw ValueMistake(reason: "\"\(text)\" is not an origin, as https://clinic.example")
    }
    return text
  }

  /// A way to protect media, by its registered name without the prefix (RFC 5764, RFC 7714).
  func srtpProfile() throws(ValueMistake) -> SRTPProfile {
    try choice(SRTPProfile.allCases) { profile in
      switch profile {
      case .aes128CMSHA1_80: "AES128_CM_SHA1_80"
      case .aeadAES128GCM: "AEAD_AES_128_GCM"
      case .aeadAES256GCM: "AEAD_AES_256_GCM"
      }
    }
  }

  /// One line of text that people are shown, in quotation marks or without.
  func shownText(maximumBytes: Int) throws(ValueMistake) -> String {
    let isQuoted = text.count > 1 && text.hasPrefix("\"") && text.hasSuffix("\"")
    let shown = isQuoted ? String(text.dropFirst().dropLast()) : text
    guard (1...maximumBytes).contains(shown.utf8.count) else {
      throw ValueMistake(reason: "is empty, or longer than \(maximumBytes) bytes")
    }
    return shown
  }

  /// A service that messages are handed to, or `outbox` for none.
  func service(schemes: [String]) throws(ValueMistake) -> ServiceAddress? {
    if text == "outbox" { return nil }
    guard let address = ServiceAddress(text), schemes.contains(address.scheme) else {
      throw ValueMistake(
        // Not repeated, as it may hold a password.
        reason: "is neither outbox nor an address, as \(schemes[0])://user@service.example/; "
          + "a password belongs into the secrets")
    }
    return address
  }

  /// The address of a mailbox.
  func mailAddress() throws(ValueMistake) -> MailAddress {
    guard let address = MailAddress(text) else {
      throw ValueMistake(reason: "\"\(text)\" is not an address, as no-reply@clinic.example")
    }
    return address
  }

  /// What is posted to a gateway.
  func textTemplate() throws(ValueMistake) -> TextTemplate {
    guard let template = TextTemplate(text) else {
      throw ValueMistake(
        reason: "is neither a JSON object nor fields as to={to}&message={text}, "
          + "or lacks {to} or {text}")
    }
    return template
  }

  /// A header of a request, with a name of RFC 9110's tokens.
  func header() throws(ValueMistake) -> String {
    let name = text.prefix { $0 != ":" }
    let isToken = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
      default: false
      }
    }
    guard isToken, !name.isEmpty, name.endIndex != text.endIndex,
      text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { throw ValueMistake(reason: "\"\(text)\" is not a header, as Name: value") }
    return text
  }

  /// One of a few words.
  func choice<Choice>(
    _ choices: [Choice], named name: (Choice) -> String
  ) throws(ValueMistake) -> Choice {
    guard let choice = choices.first(where: { name($0) == text }) else {
      throw ValueMistake(
        reason: "\"\(text)\" is none of " + choices.map(name).joined(separator: ", "))
    }
    return choice
  }
}
