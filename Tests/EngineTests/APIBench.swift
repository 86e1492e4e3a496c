import Engine
import Primitives
import Security
import Testing
import Visits

/// What a clinic's back end asks for over HTTP.
extension ControlBench {
  /// A token of the demo clinic's back end.
  var backEndToken: String { token(["role": "backend"], of: "per_backend") }

  func token(_ claims: JSON, of person: String) -> String {
    let clinic = JSON.Member("clinic", .string(demo.clinic.text))
    return JWT.sign(
      subject: person, claims: .object([clinic] + (claims.members ?? [])), from: now.wall,
      for: .minutes(5), key: key)
  }

  /// Sends a request and gives its answer, where there is one yet.
  mutating func ask(
    _ method: String, _ path: String, _ body: JSON? = nil, query: [HTTPField] = [],
    match: String? = nil, idempotencyKey: String? = nil, token: String? = nil,
    port: HTTPRequest.Port = .pages
  ) -> HTTPResponse? {
    let request = HTTPRequest(
      port: port, method: method, path: path, query: query,
      authorization: Redacted("Bearer " + (token ?? backEndToken)),
      contentType: body == nil ? nil : "application/json", ifMatch: match,
      idempotencyKey: idempotencyKey,
      body: Redacted(Array((body?.description ?? "").utf8)))
    return send(request)
  }

  /// The same, where the answer comes at once.
  mutating func answer(
    _ method: String, _ path: String, _ body: JSON? = nil, query: [HTTPField] = [],
    match: String? = nil, idempotencyKey: String? = nil, token: String? = nil,
    port: HTTPRequest.Port = .pages
  ) throws -> HTTPResponse {
    let answer = ask(
      method, path, body, query: query, match: match, idempotencyKey: idempotencyKey, token: token,
      port: port)
    return try #require(answer)
  }

  mutating func answerTo(_ request: HTTPRequest) throws -> HTTPResponse {
    let answer = send(request)
    return try #require(answer)
  }

  mutating func send(_ request: HTTPRequest) -> HTTPResponse? {
    let exchange = ExchangeID(UInt64(responses.count + 1_000))
    give(.http(exchange, request))
    return responses[exchange]
  }

  /// A visit that the back end books: its path, and the answer.
  mutating func bookOverHTTP(_ more: KeyValuePairs<String, JSON> = [:]) throws -> (String, JSON) {
    let body = booking(in: 24, more).members ?? []
    let responsible = JSON.Member("responsible", ["person": "per_doctor", "name": "Eva Ek"])
    let answer = try answer("POST", "/v1/visits", .object(body + [responsible]))
    try #require(answer.status == 201, "\(answer.text)")
    return (try #require(answer["location"]), answer.json)
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSON { (try? JSON(parsing: body)) ?? .null }
  var reason: String? { json["reason"]?.string }
}

/// A value that must be there.
func require<Value>(_ value: Value?) throws -> Value { try #require(value) }
