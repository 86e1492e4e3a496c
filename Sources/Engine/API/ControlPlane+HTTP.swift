import Primitives
import Signaling
import Visits

/// A request of the HTTP API whose answer waits until something is on disk.
struct PendingExchange: Sendable {
  let exchange: ExchangeID
  /// The answer, where it does not depend on what else has come by then.
  var response: HTTPResponse
}

extension ControlPlane {
  /// A request of the HTTP API: it is answered, now or when what it gives is on disk.
  mutating func receive(_ request: HTTPRequest, as exchange: ExchangeID) {
    do throws(APIProblem) {
      let (route, _) = try APIRoute.find(request)
      try administer(route.operation, request, as: exchange)
    } catch {
      respond(error, to: exchange)
    }
  }

  /// Answers with what went wrong.
  mutating func respond(_ problem: APIProblem, to exchange: ExchangeID) {
    emit(.respond(exchange, problem.response))
  }

  /// Gives an answer that has waited.
  mutating func answer(_ pending: PendingExchange, isDurable: Bool) {
    var response = pending.response
    if !isDurable { response.status = 202 }
    emit(.respond(pending.exchange, response))
  }
}

extension HTTPRequest {
  /// The body as an object. Throws 415 where it is said to be something else than JSON, 413 where
  /// it is longer than a message may be, 400 where it is no object.
  func object() throws(APIProblem) -> JSON {
    let type = contentType?.split(separator: ";").first?.lowercased() ?? ""
    guard type == "application/json" || type.hasSuffix("+json") else {
      throw APIProblem(415, "unsupported_media_type", field: "Content-Type")
    }
    guard body.value.count <= Limits.messageBytes else { throw APIProblem(413, "body_too_large") }
    let value: JSON
    do {
      value = try JSON(parsing: body.value, maximumDepth: Limits.messageDepth)
    } catch {
      throw APIProblem(400, "malformed_json", detail: error.description)
    }
    guard value.members != nil else { throw APIProblem(400, "not_an_object") }
    return value
  }
}
