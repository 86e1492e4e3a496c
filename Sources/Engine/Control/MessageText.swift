import Primitives
import Visits

/// The words of a message: nothing about the patient or the clinic, and an opaque link. What a
/// clinic wants to say of itself in invites stands in its settings.
struct MessageText: Equatable, Sendable {
  /// What stands above an e-mail.
  let subject: String
  /// The whole text, with the link.
  let body: String
  /// The same as a page (HTML) under the clinic's logo, where it has one: for e-mail alone.
  let page: String?

  /// What a clinic writes where the link is to stand.
  private static let placeholder = "{link}"

  /// The words of `message` in a language, as a BCP 47 tag; nil: Swedish. An invite carries those
  /// of the clinic that fit.
  init(
    _ message: OutgoingMessage, language: String?, settings: ClinicSettings, link: String?
  ) {
    let words = Words(language: language)
    let sentence = words.sentence(message.kind)
    subject = sentence
    let clinicText =
      message.kind == .invite
      ? settings.text(by: message.channel, in: language ?? "sv") : nil
    let hasPlace = clinicText?.contains(Self.placeholder) == true
    let ownText = clinicText?.replacing(Self.placeholder, with: link ?? "")
    switch message.channel {
    case .sms:
      body = (ownText ?? sentence) + (hasPlace ? "" : link.map { ":\n" + $0 } ?? ".")
      page = nil
    case .email:
      var parts = [ownText ?? words.greeting + "\n\n" + sentence + "."]
      if let link, !hasPlace { parts.append(words.howTo + "\n" + link) }
      if link != nil { parts.append(words.isPersonal) }
      parts.append(words.noReply)
      body = parts.joined(separator: "\n\n") + "\n"
      page = settings.logo.map { Self.page(parts, logo: $0, link: link) }
    }
  }

  /// The parts as paragraphs, in which nothing but the link is anything else than text.
  private static func page(_ parts: [String], logo: String, link: String?) -> String {
    let paragraphs = parts.map { part in
      var text = part.escaped.replacing("\n", with: "<br>\n")
      if let link = link?.escaped {
        text = text.replacing(link, with: "<a href=\"\(link)\">\(link)</a>")
      }
      return "<p>\(text)</p>\n"
    }
    return "<!doctype html>\n<html>\n<body>\n<p><img src=\"\(logo.escaped)\" alt=\"\"></p>\n"
      + paragraphs.joined() + "</body>\n</html>\n"
  }
}

extension String {
  /// As text or an attribute's value in a page.
  fileprivate var escaped: String {
    replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
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
