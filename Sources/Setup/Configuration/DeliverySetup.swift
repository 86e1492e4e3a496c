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
    if let key = Self.passwordsMissing(in: secrets, for: configuration).first {
      throw SetupMistake(
        file: secrets.path, key: key.rawValue, reason: "is missing, and the configuration needs it")
    }
    webhooksMayBePrivate = configuration.deliveryWebhooks == .any
    if let server = configuration.deliveryEmail, let sender = configuration.deliveryEmailFrom {
      let isImplicit = server.scheme == "smtps"
      mail = MailServer(
        host: server.host, port: server.port ?? (isImplicit ? 465 : 587),
        protection: isImplicit ? .implicit : .upgraded,
        signIn: Self.signIn(server, secrets.email), sender: sender)
    }
    if let gateway = configuration.deliverySMS, let template = configuration.deliverySMSTemplate {
      let headers = configuration.deliverySMSHeaders
      text = TextGateway(
        url: gateway.url, template: template,
        headers: headers.map {
          Redacted($0.replacing(Self.secretMark, with: secrets.sms?.value ?? ""))
        },
        signIn: Self.signIn(gateway, secrets.sms))
    }
  }

  /// What stands in a header for the secret of the gateway.
  private static let secretMark = "{secret}"

  /// The passwords that the configuration needs and the secrets have not, by the name that the
  /// line of both files has. Without secrets, as before the first start, there are none.
  static func passwordsMissing(
    in secrets: Secrets?, for configuration: Configuration
  ) -> [ConfigurationKey] {
    var missing: [ConfigurationKey] = []
    if configuration.deliveryEmail?.user != nil, secrets?.email == nil {
      missing.append(.deliveryEmail)
    }
    let showsSecret = configuration.deliverySMSHeaders.contains { $0.contains(secretMark) }
    if let gateway = configuration.deliverySMS, gateway.user != nil || showsSecret,
      secrets?.sms == nil
    {
      missing.append(.deliverySMS)
    }
    return missing
  }

  private static func signIn(_ service: ServiceAddress, _ password: Redacted<String>?) -> SignIn? {
    guard let user = service.user, let password else { return nil }
    return SignIn(user: user, password: password)
  }
}
