import Primitives
import Testing

@testable import Delivery

@Suite struct MailMessageTests {
  private let sender = MailAddress("no-reply@clinic.example")
  private let recipient = MailAddress("ada@home.example")

  private func lines(subject: String = "Videosamtal", text: String = "Hej") throws -> [String] {
    let message = MailMessage(
      key: "msg_a-1", recipient: Redacted("ada@home.example"), subject: Redacted(subject),
      text: Redacted(text), date: WallTime(milliseconds: 1_795_236_739_365))
    let bytes = message.bytes(from: try #require(sender), to: try #require(recipient))
    let whole = try #require(String(validating: bytes, as: UTF8.self))
    #expect(whole.hasSuffix("\r\n"))
    let lines = whole.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    for line in lines {
      #expect(line.utf8.count <= 76, "\(line)")
      #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(line)")
    }
    return lines.dropLast()
  }

  @Test func aMessageReadsAsRFC5322WantsIt() throws {
    #expect(
      try lines(text: "Hej,\nhär är länken.") == [
        "Date: Sat, 21 Nov 2026 04:52:19 +0000",
        "From: <no-reply@clinic.example>",
        "To: <ada@home.example>",
        "Message-ID: <msg_a-1@clinic.example>",
        "Subject: Videosamtal",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Hej,",
        "h=C3=A4r =C3=A4r l=C3=A4nken.",
      ])
  }

  @Test(arguments: [
    "a\r\nBcc: b@x.example", "a\nBcc: b@x", "a\rX: y", "a\u{2028}b", "\u{85}", "\0",
  ])
  func noSubjectBecomesAHeaderOfItsOwn(subject: String) throws {
    let names = try lines(subject: subject).prefix { !$0.isEmpty }
      .filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
    #expect(
      names == [
        "Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding",
      ])
  }

  @Test func aLongSubjectIsCutBetweenCharactersOnly() throws {
    let subject = String(repeating: "Påminnelse 💬 ", count: 12)
    let words = EncodedWords.encode(subject).split(separator: "\r\n ")
    #expect(words.count > 3)
    var text = ""
    for word in words {
      #expect(word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
      let url = word.dropFirst(10).dropLast(2).filter { $0 != "=" }
        .map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
      let bytes = try #require(Base64.decodeURL(String(url)))
      text += try #require(String(validating: bytes, as: UTF8.self))
    }
    #expect(text == subject)
  }

  @Test func whatLooksLikeAnEncodedWordIsEncoded() {
    #expect(EncodedWords.encode("=?UTF-8?B?QQ==?=").hasPrefix("=?UTF-8?B?PT9VVEYt"))
  }

  @Test func linesOfTheBodyAreBrokenSoftly() {
    let link = "https://video.example/call#invite=" + String(repeating: "k", count: 90)
    let lines = QuotedPrintable.lines("\(link)\r\nx = y \rz")
    #expect(lines.allSatisfy { $0.utf8.count <= 76 })
    let joined = lines.reduce("") { text, line in
      line.hasSuffix("=") ? text + line.dropLast() : text + line + "|"
    }
    #expect(joined == link.replacing("=", with: "=3D") + "|x =3D y=20|z|")
  }

  @Test(arguments: [
    "", "ada", "@x.example", "a@", "a@b@c", "a b@x.example", "a@x.example\r\nDATA", "a@x\n.example",
    "<a@x.example>", "a@x.example>", "\"a b\"@x.example", "a..b@x.example", ".a@x.example",
    "åke@x.example", "a@räksmörgås.example", "a,b@x.example", "a@[127.0.0.1]",
    "a@x.example,b@y.example",
    String(repeating: "a", count: 65) + "@x.example",
    "a@" + String(repeating: "b.", count: 130) + "example",
  ])
  func whatIsNoSingleAddressIsNone(text: String) { #expect(MailAddress(text) == nil) }

  @Test(arguments: ["ada@x.example", "ada.b+tag@x-y.example", "o'neil@x.example"])
  func usualAddressesAreTaken(text: String) { #expect(MailAddress(text)?.text == text) }

  @Test func aPageGoesBesideTheText() throws {
    let message = MailMessage(
      key: "msg_a-1", recipient: Redacted("ada@home.example"), subject: Redacted("Videosamtal"),
      text: Redacted("Hej\n"), page: Redacted("<p>Hej å</p>"), date: WallTime(milliseconds: 0))
    let bytes = message.bytes(from: try #require(sender), to: try #require(recipient))
    let whole = try #require(String(validating: bytes, as: UTF8.self))
    let expected = """
      MIME-Version: 1.0
      Content-Type: multipart/alternative;
       boundary="=_msg_a-1"

      --=_msg_a-1
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      Hej

      --=_msg_a-1
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <p>Hej =C3=A5</p>
      --=_msg_a-1--

      """
    #expect(whole.hasSuffix(expected.replacing("\n", with: "\r\n")))
  }
}
