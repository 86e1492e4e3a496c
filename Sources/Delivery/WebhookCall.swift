import Primitives
import Security

/// One event on its way to a clinic's back end.
public struct WebhookCall: Equatable, Sendable {
  /// Where it is posted.
  public var url: String
  /// The key of the signature, which the clinic's back end has too.
  public var key: Redacted<[UInt8]>
  /// What is posted: JSON with opaque identifiers.
  public var body: String

  /// Joins the parts.
  public init(url: String, key: Redacted<[UInt8]>, body: String) {
    self.url = url
    self.key = key
    self.body = body
  }

  /// Headers that say when it was sent, and that it comes from us: the signature is
  /// HMAC-SHA256 over the seconds since 1970, a full stop and the body, in hexadecimal digits.
  /// Whoever checks it also refuses old times, and so a copy that is posted again.
  func headers(at now: WallTime) -> [String] {
    let signed = Array("\(now.seconds).\(body)".utf8)
    return [
      "Samtal-Timestamp: \(now.seconds)",
      "Samtal-Signature: v1=" + Self.hexadecimal(HMAC.sha256(key: key.value, signed)),
    ]
  }

  /// The name of the event at a place in the log: the same at each attempt, unlike every other,
  /// and without a hint at how much happens elsewhere.
  public static func eventID(at position: UInt64, key: Redacted<[UInt8]>) -> String {
    "evt_" + hexadecimal(HMAC.sha256(key: key.value, Array("event \(position)".utf8)).prefix(16))
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
