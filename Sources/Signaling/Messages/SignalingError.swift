import Primitives
import Visits

/// Why a request was refused, as the wire carries it: JSON-RPC's number, a stable word, and a
/// sentence for the developer who reads it.
public struct SignalingError: Error, Equatable, Sendable {
  /// JSON-RPC's numeric code (JSON-RPC 2.0 section 5.1); those from -32000 are ours.
  public enum Code: Int64, Sendable {
    /// The bytes are no JSON.
    case parseError = -32_700
    /// The JSON is no request.
    case invalidRequest = -32_600
    /// There is no such method.
    case methodNotFound = -32_601
    /// An argument is missing or wrong; `field` names it.
    case invalidParams = -32_602
    /// The session has not been opened, or its token, link or secret is not good.
    case unauthenticated = -32_001
    /// The rules of the visit say no.
    case refused = -32_002
    /// The daemon cannot at the moment.
    case unavailable = -32_003
  }

  /// The number.
  public var code: Code
  /// The stable word, in lower snake case.
  public var reason: String
  /// The argument at fault, as a path such as `tracks[1].mid`.
  public var field: String?
  /// The sentence.
  public var message: String

  /// Joins the parts; without a sentence, the word is one.
  public init(_ code: Code, _ reason: String, field: String? = nil, message: String? = nil) {
    self.code = code
    self.reason = reason
    self.field = field
    self.message = message ?? String(reason.map { $0 == "_" ? " " : $0 })
  }

  /// A refusal by the rules of visits.
  public init(_ refusal: Refusal) {
    self.init(.refused, refusal.reason.rawValue, field: refusal.field)
  }

  /// An argument at fault.
  public static func badArgument(_ field: String, _ reason: String, _ message: String)
    -> SignalingError
  {
    SignalingError(.invalidParams, reason, field: field, message: message)
  }

  /// The `error` member of a response.
  public var json: JSON {
    .compact([
      "code": .integer(code.rawValue), "message": .string(message),
      "data": .compact(["reason": .string(reason), "field": field.map(JSON.string)]),
    ])
  }
}
