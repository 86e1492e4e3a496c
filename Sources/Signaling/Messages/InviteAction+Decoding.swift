import Primitives
import Visits

extension InviteAction {
  /// Reads the arguments of a method about links; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    func visit() throws(SignalingError) -> VisitID? {
      try reader.optionalIdentifier("visit", VisitID.self)
    }
    func invite() throws(SignalingError) -> InviteID {
      try reader.identifier("invite", InviteID.self)
    }
    switch method {
    case .inviteCreate:
      let entries = try reader.list("recipients", maximum: Limits.recipientsPerRequest)
      guard !entries.isEmpty else { throw reader.bad("recipients", "empty", "names nobody") }
      self = .create(
        try visit(), try entries.map(Recipient.init),
        agreedWithPatient: try reader.optionalBool("agreed_with_patient") ?? false)
    case .inviteList: self = .list(try visit())
    case .inviteResend: self = .resend(try invite())
    case .inviteRevoke: self = .revoke(try invite())
    case .inviteLink: self = .link(try visit(), try reader.word("action", LinkAction.self))
    default: return nil
    }
  }
}

extension InviteAction.Recipient {
  init(_ reader: ParameterReader) throws(SignalingError) {
    path = reader.ownPath
    givenName = try reader.optionalName("given_name", maximumBytes: Limits.nameBytes / 2 - 1)
    familyName = try reader.optionalName("family_name", maximumBytes: Limits.nameBytes / 2)
    phone = try reader.optionalName("phone", maximumBytes: Limits.nameBytes)
    email = try reader.optionalName("email", maximumBytes: Limits.nameBytes)
    kind = try reader.optionalWord("kind", GuestKind.self) ?? .other
    language = try reader.optionalName("language", maximumBytes: 35)?.value
    notBefore = try reader.optionalTime("not_before")
    expires = try reader.optionalTime("expires")
  }

  /// First and last name as one text, as far as they are known.
  public var name: Redacted<String>? {
    let parts = [givenName, familyName].compactMap { $0?.value }
    return parts.isEmpty ? nil : Redacted(parts.joined(separator: " "))
  }
}
