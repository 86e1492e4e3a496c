import Primitives
import Testing

@testable import Engine
@testable import Visits

@Suite struct MessageTextTests {
  private static let link =
    "https://video.clinic.example/call#invite=inv_0123456789abcdefghjk.1."
    + String(repeating: "k", count: 32)

  private func text(
    _ kind: OutgoingMessage.Kind, _ channel: OutgoingMessage.Channel, _ language: String? = nil,
    texts: [String: String] = [:], sms: [String: String] = [:], logo: String? = nil,
    link: String? = link
  ) throws -> MessageText {
    let message = OutgoingMessage(
      id: try #require(MessageID("msg_1")), kind: kind, invite: nil,
      person: try #require(PersonID("per_a")), channel: channel,
      queuedAt: WallTime(milliseconds: 0))
    var settings = ClinicSettings()
    (settings.invitationText, settings.smsText, settings.logo) = (texts, sms, logo)
    return MessageText(message, language: language, settings: settings, link: link)
  }

  @Test(arguments: OutgoingMessage.Kind.allCases, ["sv", "en"])
  func everySMSFitsIntoOne(kind: OutgoingMessage.Kind, language: String) throws {
    let body = try text(kind, .sms, language).body
    #expect(body.count <= 160, "\(body.count): \(body)")
    // All of it in the alphabet of 3GPP TS 23.038, of which a message has 160 characters.
    let letters =
      #"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789åäöÅÄÖ .:/#=_-"# + "\n"
    #expect(body.allSatisfy(letters.contains), "\(body)")
  }

  @Test func textsDifferByKindAndLanguage() throws {
    var bodies: Set<String> = []
    for kind in OutgoingMessage.Kind.allCases {
      for channel in OutgoingMessage.Channel.allCases {
        for language in ["sv", "en"] { bodies.insert(try text(kind, channel, language).body) }
      }
    }
    #expect(bodies.count == 16)
  }

  @Test func withoutALinkAMessageIsASentence() throws {
    #expect(
      try text(.cancelled, .sms, link: nil).body == "Ditt videosamtal är inställt.")
    #expect(
      try text(.cancelled, .email, "en-GB", link: nil).body
        == "Hello!\n\nYour video call is cancelled.\n\nThis message cannot be replied to.\n")
  }

  @Test func aLanguageThatNobodyWroteInFallsBack() throws {
    let texts = ["sv": "Svensk text", "fi": "Suomeksi"]
    #expect(try text(.invite, .sms, "fi-FI", texts: texts).body.hasPrefix("Suomeksi:"))
    #expect(try text(.invite, .sms, "ar", texts: texts).body.hasPrefix("Svensk text:"))
    #expect(try text(.invite, .sms, "en", texts: texts).body.hasPrefix("Svensk text:"))
    #expect(try text(.invite, .sms, "en").body.hasPrefix("You are invited"))
    #expect(try text(.invite, .sms, "ar").body.hasPrefix("Du är inbjuden"))
  }

  @Test func anSMSHasWordsOfItsOwnWhereTheClinicHasWrittenThem() throws {
    let texts = ["sv": "Långt", "fi": "Suomeksi"]
    #expect(
      try text(.invite, .sms, texts: texts, sms: ["sv": "Kort"]).body == "Kort:\n" + Self.link)
    #expect(try text(.invite, .email, texts: texts, sms: ["sv": "Kort"]).body.hasPrefix("Långt"))
    let finnish = try text(.invite, .sms, "fi", texts: texts, sms: ["sv": "Kort"])
    #expect(finnish.body.hasPrefix("Suomeksi"))
  }

  @Test func theLinkStandsWhereTheClinicWantsIt() throws {
    let texts = ["sv": "Öppna {link} när det är dags."]
    let expected = "Öppna \(Self.link) när det är dags."
    #expect(try text(.invite, .sms, texts: texts).body == expected)
    let mail = try text(.invite, .email, texts: texts).body
    #expect(mail.hasPrefix(expected + "\n\n"))
    #expect(mail.split(separator: Self.link, omittingEmptySubsequences: false).count == 2)
  }

  @Test func anEmailShowsTheClinicsLogo() throws {
    #expect(try text(.invite, .email).page == nil)
    let logo = "https://clinic.example/logo.png?a=1&b=\""
    let mail = try text(.invite, .email, texts: ["sv": "<b>Hej</b>\n\nHär: {link}"], logo: logo)
    let page = try #require(mail.page)
    #expect(
      page.contains("<img src=\"https://clinic.example/logo.png?a=1&amp;b=&quot;\" alt=\"\">"))
    #expect(page.contains("&lt;b&gt;Hej&lt;/b&gt;<br>\n<br>\n"))
    #expect(page.contains("<a href=\"\(Self.link)\">\(Self.link)</a>"))
    #expect(try text(.cancelled, .email, logo: logo, link: nil).page?.contains("<img") == true)
    #expect(try text(.invite, .sms, logo: logo).page == nil)
    #expect(!mail.body.contains("<img"))
  }
}
