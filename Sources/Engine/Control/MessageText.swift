import Primitives
import Visits

/// The words of a message: nothing about the patient or the clinic, and an opaque link. What a
/// clinic wants to say of itself in invites stands in its settings.
struct MessageText: Equatable, Sendable {
  /// What stands above an e-mail.
  let subject: String
  /// The whole text, with the link.
  let body: String

  /// Characters of a clinic's own text that go by SMS: with a link, all of it fits into two.
  static let longestSMSText = 160

  /// The words of `message` in a language, as a BCP 47 tag; nil: Swedish. Of `clinicTexts`, by
  /// language, an invite carries the one that fits.
  init(
    _ message: OutgoingMessage, language: String?, clinicTexts: [String: String], link: String?
  ) {
    let words = Words(language: language)
    let sentence = words.sentence(message.kind)
    subject = sentence
    let wanted = language ?? "sv"
    var clinicText: String?
    if message.kind == .invite {
      clinicText = clinicTexts[wanted] ?? clinicTexts[Self.primary(wanted)] ?? clinicTexts["sv"]
    }
    switch message.channel {
    case .sms:
      let own = clinicText.flatMap { $0.count <= Self.longestSMSText ? $0 : nil }
      body = (own ?? sentence) + (link.map { ":\n" + $0 } ?? ".")
    case .email:
      var parts = [clinicText ?? words.greeting + "\n\n" + sentence + "."]
      if let link { parts += [words.howTo + "\n" + link, words.isPersonal] }
      body = (parts + [words.noReply]).joined(separator: "\n\n") + "\n"
    }
  }

  private static func primary(_ language: String) -> String {
    String(language.prefix { $0 != "-" })
  }
}

/// The daemon's own words in one language.
private struct Words {
  let greeting: String
  let howTo: String
  let isPersonal: String
  let noReply: String
  private let sentences: [OutgoingMessage.Kind: String]

  /// English where that is asked for, else Swedish.
  init(language: String?) {
    let tag = language?.lowercased() ?? "sv"
    self = tag == "en" || tag.hasPrefix("en-") ? .english : .swedish
  }

  private init(
    greeting: String, howTo: String, isPersonal: String, noReply: String,
    sentences: [OutgoingMessage.Kind: String]
  ) {
    self.greeting = greeting
    self.howTo = howTo
    self.isPersonal = isPersonal
    self.noReply = noReply
    self.sentences = sentences
  }

  func sentence(_ kind: OutgoingMessage.Kind) -> String { sentences[kind] ?? "" }

  private static let swedish = Words(
    greeting: "Hej!",
    howTo: "Öppna länken när det är dags:",
    isPersonal: "Länken är personlig. Skicka den inte vidare.",
    noReply: "Det går inte att svara på det här meddelandet.",
    sentences: [
      .confirmation: "Ditt videosamtal är bokat",
      .invite: "Du är inbjuden till ett videosamtal",
      .changed: "Ditt videosamtal har ändrats",
      .cancelled: "Ditt videosamtal är inställt",
    ])

  private static let english = Words(
    greeting: "Hello!",
    howTo: "Open the link when it is time:",
    isPersonal: "The link is personal. Please do not pass it on.",
    noReply: "This message cannot be replied to.",
    sentences: [
      .confirmation: "Your video call is booked",
      .invite: "You are invited to a video call",
      .changed: "Your video call has changed",
      .cancelled: "Your video call is cancelled",
    ])
}
