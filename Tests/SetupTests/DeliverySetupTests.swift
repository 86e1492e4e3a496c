import Primitives
import Testing

@testable import Delivery
@testable import Setup

private let keys = "links: " + String(repeating: "A", count: 43) + "\n"

private func setup(_ text: String, _ secrets: String = "") throws -> DeliverySetup {
  let (configuration, mistakes) = Configuration.parse(
    "http.url: https://video.clinic.example\n" + text, file: "f")
  try #require(mistakes.isEmpty, "\(mistakes)")
  return try DeliverySetup(configuration, Secrets(text: keys + secrets, path: "s"))
}

private func mistakes(_ text: String) -> [String] {
  Configuration.parse(text, file: "f").mistakes.map(\.description)
}

@Suite struct DeliverySetupTests {
  @Test func messagesAreKeptUnlessSomebodyTakesThem() throws {
    for text in ["", "delivery.email: outbox\ndelivery.sms: outbox"] {
      let nothing = try setup(text)
      #expect(nothing.mail == nil && nothing.text == nil && !nothing.webhooksMayBePrivate)
    }
    #expect(try setup("delivery.webhooks: any").webhooksMayBePrivate)
  }

  @Test(arguments: [
    ("smtp://mail.example", 587, MailServer.Protection.upgraded),
    ("smtp://mail.example:2525", 2_525, .upgraded), ("smtps://mail.example", 465, .implicit),
    ("smtps://samtal@mail.example:1465", 1_465, .implicit),
  ])
  func aMailServerHasItsUsualPort(
    address: String, port: UInt16, protection: MailServer.Protection
  ) throws {
    let server = try setup(
      "delivery.email: \(address)\ndelivery.email_from: no-reply@clinic.example",
      "delivery.email: a pass: word"
    ).mail
    #expect(server?.host == "mail.example")
    #expect(server?.port == port)
    #expect(server?.protection == protection)
    let hasUser = address.contains("@")
    #expect(
      server?.signIn == (hasUser ? SignIn(user: "samtal", password: Redacted("a pass: word")) : nil)
    )
  }

  @Test func aGatewaySignsInByUserOrByHeader() throws {
    let gateway = try setup(
      """
      delivery.sms: https://account@api.sms.example:8443/a1/sms
      delivery.sms_template: from=Samtal&to={to}&message={text}
      delivery.sms_headers: [X-Key: k {secret}, Accept: */*]
      """, "delivery.sms: hush"
    ).text
    #expect(gateway?.url == "https://api.sms.example:8443/a1/sms")
    #expect(gateway?.signIn == SignIn(user: "account", password: Redacted("hush")))
    #expect(gateway?.headers.map(\.value) == ["X-Key: k hush", "Accept: */*"])
    #expect(gateway?.template == TextTemplate("from=Samtal&to={to}&message={text}"))
  }

  @Test func aPasswordThatIsMissingIsNamed() {
    for text in [
      "delivery.email: smtp://samtal@mail.example\ndelivery.email_from: a@clinic.example",
      "delivery.sms: https://user@x.example/\ndelivery.sms_template: t={to}&b={text}",
      "delivery.sms: https://x.example/\ndelivery.sms_template: t={to}&b={text}\n"
        + "delivery.sms_headers: K: {secret}",
    ] {
      #expect(throws: SetupMistake.self) { try setup(text) }
    }
  }

  @Test(arguments: [
    ("delivery.email: mail.example", "f:1: delivery.email: is neither"),
    ("delivery.email: http://mail.example", "f:1: delivery.email: is neither"),
    ("delivery.email: smtp://u:p@mail.example", "f:1: delivery.email: is neither outbox nor"),
    ("delivery.email: smtp://", "f:1: delivery.email: is neither"),
    ("delivery.email: smtp://x:0", "f:1: delivery.email: is neither"),
    ("delivery.email_from: Clinic", "f:1: delivery.email_from: \"Clinic\" is not an address"),
    ("delivery.sms_template: {}", "f:1: delivery.sms_template: is neither a JSON object nor"),
    ("delivery.sms_headers: [Bad]", "f:1: delivery.sms_headers: \"Bad\" is not a header"),
    ("delivery.sms_headers: [Bäd: x]", "f:1: delivery.sms_headers: \"Bäd: x\" is not a header"),
    ("delivery.webhooks: private", "f:1: delivery.webhooks: \"private\" is none of public, any"),
    ("delivery.email: smtp://x.example", "f:1: delivery.email: needs delivery.email_from"),
    ("delivery.sms: https://x.example", "f:1: delivery.sms: needs delivery.sms_template"),
    ("\ndelivery.sms: https://x.example", "f:2: delivery.sms: needs http.url beside it"),
  ])
  func aMistakeIsNamedWithItsLine(text: String, beginning: String) {
    let found = mistakes(text)
    #expect(found.contains { $0.hasPrefix(beginning) }, "\(found)")
  }
}
