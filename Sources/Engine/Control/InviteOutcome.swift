import Primitives
import Signaling
import Visits

/// What has become of one of several links that were asked for together.
enum InviteOutcome: Equatable, Sendable {
  case accepted(InviteID)
  case refused(reason: String, field: String?)
}

extension InviteDraft {
  /// The link that a client asks for. Throws `bad_phone_number`, `bad_email`, with the field.
  init(
    _ recipient: InviteAction.Recipient, agreedWithPatient: Bool, random: inout RandomSource
  ) throws(Refusal) {
    var person = PersonRecord(id: PersonID(random: &random), name: recipient.name)
    try person.setAddresses(phone: recipient.phone, email: recipient.email)
    self.init(
      id: InviteID(random: &random),
      recipient: .person(person, role: .guest, kind: recipient.kind),
      notBefore: recipient.notBefore, expires: recipient.expires, language: recipient.language,
      agreedWithPatient: agreedWithPatient)
    missingName =
      recipient.givenName == nil ? .given : recipient.familyName == nil ? .family : nil
  }
}

extension PersonRecord {
  /// Takes addresses as they were typed, in the form in which messages go out.
  mutating func setAddresses(
    phone: Redacted<String>?, email: Redacted<String>?
  ) throws(Refusal) {
    if let phone { self.phone = Redacted(try PhoneNumber(typed: phone.value).text) }
    if let email { self.email = Redacted(try EmailAddress(typed: email.value).text) }
  }

  /// A person as a client names one.
  init(_ parameters: PersonParameters, random: inout RandomSource) throws(Refusal) {
    self.init(id: parameters.person ?? PersonID(random: &random), name: parameters.name)
    try setAddresses(phone: parameters.phone, email: parameters.email)
  }
}
