import Primitives

/// An e-mail to one recipient.
public struct MailMessage: Equatable, Sendable {
  /// The idempotency key: the same at each attempt, and the first part of the Message-ID, by which
  /// mail systems know a message that comes twice.
  public var key: String
  /// The recipient's address; one that is none is a fault of the attempt.
  public var recipient: Redacted<String>
  /// What stands above it. Line breaks and other controls count as spaces.
  public var subject: Redacted<String>
  /// The text, with line feeds between lines.
  public var text: Redacted<String>
  /// The same as a page (HTML), for those who read it so; nil: the text is all there is.
  public var page: Redacted<String>?
  /// When it was written, which is the same at each attempt too.
  public var date: WallTime

  /// Joins the parts; the key has letters, digits, `_` and `-` only.
  public init(
    key: String, recipient: Redacted<String>, subject: Redacted<String>, text: Redacted<String>,
    page: Redacted<String>? = nil, date: WallTime
  ) {
    precondition(
      MailAddress(key + "@key") != nil, "a key that cannot stand in a Message-ID")
    self.key = key
    self.recipient = recipient
    self.subject = subject
    self.text = text
    self.page = page
    self.date = date
  }

  /// The message as it goes over the wire (RFC 5322): ASCII, no line longer than 76 characters but
  /// for an address, CRLF at the end of each.
  func bytes(from sender: MailAddress, to recipient: MailAddress) -> [UInt8] {
    let header = [
      "Date: " + CivilTime(date).mail,
      "From: <\(sender.text)>",
      "To: <\(recipient.text)>",
      "Message-ID: <\(key)@\(sender.domain)>",
      "Subject: " + EncodedWords.encode(subject.value),
      // No holiday replies (RFC 3834 section 5).
      "Auto-Submitted: auto-generated",
      "MIME-Version: 1.0",
    ]
    let lines = header + (page.map { alternatives($0.value) } ?? Self.part("plain", text.value))
    return Array(lines.map { $0 + "\r\n" }.joined().utf8)
  }

  /// The text and the page as one message (RFC 2046 section 5.1.4), the plainest first. No line of
  /// either can be its boundary: there, what follows a `=` is a digit.
  private func alternatives(_ page: String) -> [String] {
    let boundary = "=_" + key
    return ["Content-Type: multipart/alternative;", " boundary=\"\(boundary)\"", ""]
      + ["--" + boundary] + Self.part("plain", text.value)
      + ["--" + boundary] + Self.part("html", page) + ["--" + boundary + "--"]
  }

  private static func part(_ kind: String, _ text: String) -> [String] {
    [
      "Content-Type: text/\(kind); charset=utf-8", "Content-Transfer-Encoding: quoted-printable",
      "",
    ]
      + QuotedPrintable.lines(text)
  }
}

/// Text in a header (RFC 2047).
enum EncodedWords {
  /// Bytes of text in one word: with its frame in base64 and a header's name before it, a line
  /// stays within 76 characters.
  private static let bytesPerWord = 39

  /// Plain where it is short printable ASCII, and else as encoded words, one a line, each of
  /// whole characters. No control character of the text gets into it, in either form.
  static func encode(_ text: String) -> String {
    let clean = String(
      String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    let isPlain = clean.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !clean.contains("=?")
    if isPlain, clean.utf8.count <= 60 { return clean }
    var words: [String] = []
    var word: [UInt8] = []
    for scalar in clean.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if word.count + bytes.count > bytesPerWord {
        words.append(frame(word))
        word = []
      }
      word += bytes
    }
    words.append(frame(word))
    return words.joined(separator: "\r\n ")
  }

  private static func frame(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Base64.encode(bytes))?=" }

  /// C0 and C1 controls, and the line separators that Unicode has beside them.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      || scalar.value == 0x2028 || scalar.value == 0x2029
  }
}

/// Text in a body (RFC 2045 section 6.7).
enum QuotedPrintable {
  private static let lineLength = 76

  /// The lines, without their ends. CRLF, CR and LF in the text are all the end of a line.
  static func lines(_ text: String) -> [String] {
    let breaks = text.split(omittingEmptySubsequences: false) {
      $0 == "\n" || $0 == "\r\n" || $0 == "\r"
    }
    return breaks.flatMap { encode(Array($0.utf8)) }
  }

  private static func encode(_ line: [UInt8]) -> [String] {
    var result: [String] = []
    var current = ""
    for (index, byte) in line.enumerated() {
      let isLast = index == line.count - 1
      let unit = unit(for: byte, isLast: isLast)
      // Room for the "=" of a soft break, except behind the last unit.
      if current.utf8.count + unit.utf8.count > lineLength - (isLast ? 0 : 1) {
        result.append(current + "=")
        current = ""
      }
      current += unit
    }
    return result + [current]
  }

  private static func unit(for byte: UInt8, isLast: Bool) -> String {
    let isPlain = byte == 0x20 ? !isLast : (0x21...0x7E).contains(byte) && byte != 0x3D
    if isPlain { return String(Unicode.Scalar(byte)) }
    let digits = Array("0123456789ABCDEF")
    return "=" + String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
  }
}
