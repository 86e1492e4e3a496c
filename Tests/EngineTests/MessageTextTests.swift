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
    texts: [String: String] = [:], link: String? = link
  ) throws -> MessageText {
    let message = OutgoingMessage(
      id: try #require(MessageID("msg_1")), kind: kind, invite: nil,
      person: try #require(PersonID("per_a")), channel: channel,
      queuedAt: WallTime(milliseconds: 0))
    return MessageText(message, language: language, clinicTexts: texts, link: link)
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

  @Test func aLongTextOfTheClinicGoesByMailAlone() throws {
    let long = String(repeating: "å", count: 161)
    #expect(try text(.invite, .sms, texts: ["sv": long]).body.hasPrefix("Du är inbjuden"))
    #expect(try text(.invite, .email, texts: ["sv": long]).body.hasPrefix(long))
  }
}
