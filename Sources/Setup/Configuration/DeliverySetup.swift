import Delivery
import Primitives

/// How messages and webhooks leave the house, as the configuration and the secrets say together.
public struct DeliverySetup: Equatable, Sendable {
  /// The server that takes e-mails; nil: they are kept.
  public var mail: MailServer?
  /// The gateway that takes text messages; nil: they are kept.
  public var text: TextGateway?
  /// Whether webhooks may lead into private networks.
  public var webhooksMayBePrivate: Bool

  /// Brings the two together. Throws where a user signs in and the secrets have no password.
  public init(_ configuration: Configuration, _ secrets: Secrets) throws(SetupMistake) {
    webhooksMayBePrivate = configuration.deliveryWebhooks == .any
    if let server = configuration.deliveryEmail, let sender = configuration.deliveryEmailFrom {
      let isImplicit = server.scheme == "smtps"
      mail = MailServer(
        host: server.host, port: server.port ?? (isImplicit ? 465 : 587),
        protection: isImplicit ? .implicit : .upgraded,
        signIn: try Self.signIn(server, .deliveryEmail, secrets.email), sender: sender)
    }
    if let gateway = configuration.deliverySMS, let template = configuration.deliverySMSTemplate {
      let headers = configuration.deliverySMSHeaders
      if secrets.sms == nil, headers.contains(where: { $0.contains(Self.secretMark) }) {
        throw Self.missing(.deliverySMS)
      }
      text = TextGateway(
        url: gateway.url, template: template,
        headers: headers.map {
          Redacted($0.replacing(Self.secretMark, with: secrets.sms?.value ?? ""))
        },
        signIn: try Self.signIn(gateway, .deliverySMS, secrets.sms))
    }
  }

  /// What stands in a header for the secret of the gateway.
  private static let secretMark = "{secret}"

  private static func signIn(
    _ service: ServiceAddress, _ key: ConfigurationKey, _ password: Redacted<String>?
  ) throws(SetupMistake) -> SignIn? {
    guard let user = service.user else { return nil }
    guard let password else { throw missing(key) }
    return SignIn(user: user, password: password)
  }

  private static func missing(_ key: ConfigurationKey) -> SetupMistake {
    SetupMistake(
      file: "secrets", key: key.rawValue, reason: "is missing, and the configuration needs it")
  }
}
