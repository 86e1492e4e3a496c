import Primitives
import Signaling
import Visits

/// Why a request of the HTTP API was not carried out, as RFC 9457 has it said.
struct APIProblem: Error, Equatable {
  /// The status code.
  var status: Int
  /// The stable word, the same as over signaling.
  var reason: String
  /// The argument at fault: a path into the body, a part of the query, or a header field.
  var field: String?
  /// A sentence for the developer who reads it; never holds what was sent.
  var detail: String
  /// Header fields that belong to the status, as `Allow` does to 405.
  var fields: [HTTPField] = []

  /// Joins the parts; without a sentence, the word is one.
  init(
    _ status: Int, _ reason: String, field: String? = nil, detail: String? = nil,
    fields: [HTTPField] = []
  ) {
    self.status = status
    self.reason = reason
    self.field = field
    self.detail = detail ?? String(reason.map { $0 == "_" ? " " : $0 })
    self.fields = fields
  }

  /// A refusal in the words of signaling, with the status that fits.
  init(_ error: SignalingError) {
    self.init(
      Self.status(of: error), error.reason, field: error.field, detail: error.message)
  }

  /// A refusal by the rules of visits, or by the store.
  init(_ refusal: ControlRefusal) { self.init(SignalingError(refusal)) }

  /// There is no such thing, or none that the one who asks may know of.
  static func notFound(_ thing: String) -> APIProblem { APIProblem(404, thing + "_not_found") }

  private static func status(of error: SignalingError) -> Int {
    switch error.code {
    case .parseError, .invalidRequest: return 400
    // Of the form that the description has, but a text that cannot be shown or kept.
    case .invalidParams:
      return ["bad_characters", "too_long"].contains(error.reason) ? 422 : 400
    case .unauthenticated: return 401
    case .methodNotFound: return 404
    case .unavailable: return error.reason == "rate_limited" ? 429 : 503
    case .refused: break
    }
    if error.field != nil { return 422 }
    if error.reason.hasSuffix("_not_found") { return 404 }
    return error.reason == Refusal.Reason.notPermitted.rawValue ? 403 : 409
  }

  /// The answer.
  var response: HTTPResponse {
    let body = JSON.compact([
      "type": "about:blank", "status": .integer(Int64(status)),
      "title": .string(Self.title(of: status)), "detail": .string(detail),
      "reason": .string(reason), "field": field.map(JSON.string),
    ])
    return HTTPResponse(
      status: status, contentType: "application/problem+json",
      fields: HTTPResponse.always + fields, body: Array(body.description.utf8))
  }

  /// The words for the status (RFC 9110 section 15, RFC 6585).
  private static func title(of status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 409: "Conflict"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 422: "Unprocessable Content"
    case 428: "Precondition Required"
    case 429: "Too Many Requests"
    default: "Service Unavailable"
    }
  }
}

extension HTTPResponse {
  /// What goes with every answer of the API: it is for the one who asked, and is what it says.
  static let always = [
    HTTPField("cache-control", "no-store"), HTTPField("x-content-type-options", "nosniff"),
  ]

  /// An answer with a JSON body.
  init(status: Int = 200, _ json: JSON, fields: [HTTPField] = []) {
    self.init(
      status: status, fields: Self.always + fields, body: Array(json.description.utf8))
  }
}
