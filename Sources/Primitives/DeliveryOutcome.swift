/// How an attempt to send something to the outside came out.
public enum DeliveryOutcome: Equatable, Sendable {
  /// The other side has taken it.
  case sent
  /// It may work later, and no sooner than after the span, where the other side named one.
  case deferred(DeliveryFault, notBefore: Duration?)
  /// It will never work as it is.
  case refused(DeliveryFault)
}

/// Why something could not be sent: stable words that staff and logs are shown. They never repeat
/// what the other side said, which may name the recipient.
public enum DeliveryFault: String, Sendable, CaseIterable {
  /// No connection, or one that broke.
  case unreachable
  /// The other side took too long.
  case timedOut = "timed_out"
  /// No encryption that can be trusted.
  case tlsFailed = "tls_failed"
  /// The other side does not take our user name and password.
  case signInRefused = "sign_in_refused"
  /// The other side takes nothing from us.
  case senderRefused = "sender_refused"
  /// The other side asks for patience.
  case busy
  /// The other side has a fault of its own.
  case serverFailed = "server_failed"
  /// There is nothing of the kind at the configured address, or it points elsewhere.
  case misdirected
  /// The recipient's address does not take messages.
  case recipientRefused = "recipient_refused"
  /// The message is not one that the gateway takes.
  case messageRefused = "message_refused"
  /// The address is none that can be written to.
  case badAddress = "bad_address"
  /// A webhook's address is private, and the configuration allows public ones only.
  case privateTarget = "private_target"
  /// It could not be sent in time.
  case expired
  /// The link that it was to carry has been taken back.
  case linkGone = "link_gone"
  /// The address has been deleted.
  case addressGone = "address_gone"
}
