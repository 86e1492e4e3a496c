import Primitives
import Signaling
import Visits

/// One request of a clinic's back end, with who asks.
struct APICall: Sendable {
  /// What is asked for.
  let operation: APIRoute.Operation
  /// The request itself.
  let request: HTTPRequest
  /// What stands in the places of the path's braces.
  let parameters: [Substring]
  /// The clinic whose back end asks.
  let clinic: ClinicID
  /// The name of the key that signed its token.
  let key: String
  /// The answer goes here.
  let exchange: ExchangeID

  /// Who asks, for the rules.
  var actor: Actor { .backEnd(clinic, key: key) }

  /// The identifier in one of the path's places. What is no identifier names nothing: 404.
  func identifier<Kind>(
    _ place: Int, _ kind: Identifier<Kind>.Type, orElse problem: APIProblem
  ) throws(APIProblem) -> Identifier<Kind> {
    guard let id = Identifier<Kind>(String(parameters[place])) else { throw problem }
    return id
  }

  /// Throws 404 unless the clinic in the path is the one that asks.
  func requireOwnClinic() throws(APIProblem) {
    guard parameters.first.map(String.init) == clinic.text else {
      throw .notFound("clinic")
    }
  }
}

extension HTTPRequest {
  /// The body as an object. Throws 415 where it is said to be something else than JSON, 413 where
  /// it is longer than a message may be, 400 where it is no object.
  func object() throws(APIProblem) -> JSON {
    let type = mediaType
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
    return value.withWholeNumbers
  }

  /// `Content-Type` without its parameters, in lower case.
  var mediaType: String {
    let type = contentType?.split(separator: ";").first ?? ""
    return type.lowercased().filter { $0 != " " }
  }

  /// The query as arguments by name: those in `numbers` as whole numbers, those in `lists` cut at
  /// commas. Throws 400 for a name that is none of these and not among `texts`, or comes twice.
  func arguments(
    texts: Set<String> = [], numbers: Set<String> = [], lists: Set<String> = []
  ) throws(APIProblem) -> JSON {
    var members: [JSON.Member] = []
    for part in query {
      guard texts.contains(part.name) || numbers.contains(part.name) || lists.contains(part.name)
      else { throw APIProblem(400, "unknown_parameter", field: "query") }
      guard !members.contains(where: { $0.name == part.name }) else {
        throw APIProblem(400, "comes_twice", field: part.name)
      }
      var value = JSON.string(part.value)
      if numbers.contains(part.name), let number = Int64(part.value) { value = .integer(number) }
      if lists.contains(part.name) {
        let words = part.value.split(separator: ",", omittingEmptySubsequences: false)
        value = .array(words.map { .string(String($0)) })
      }
      members.append(.init(part.name, value))
    }
    return .object(members)
  }

  /// Throws 412 where `If-Match` names other versions than this one, and 428 where it must be
  /// there and is not (RFC 9110 section 13.1.1, RFC 6585 section 3).
  func requireMatch(_ tag: String, isNeeded: Bool) throws(APIProblem) {
    guard let ifMatch else {
      guard isNeeded else { return }
      throw APIProblem(
        428, "if_match_missing", field: "If-Match",
        detail: "If-Match must name the version that is to be changed: the ETag of an answer")
    }
    let tags = ifMatch.split(separator: ",").map { $0.filter { $0 != " " } }
    guard tags.contains("*") || tags.contains(tag) else {
      throw APIProblem(412, "version_mismatch", field: "If-Match")
    }
  }
}

extension JSON {
  /// The same with whole numbers as such where they are written as others, as `1.0` and `1e3`: to
  /// many writers of JSON that is one.
  var withWholeNumbers: JSON {
    switch self {
    case .number(let value): Int64(exactly: value).map(JSON.integer) ?? self
    case .array(let elements): .array(elements.map(\.withWholeNumbers))
    case .object(let members): .object(members.map { .init($0.name, $0.value.withWholeNumbers) })
    default: self
    }
  }

  /// The object with another member, which takes the place of one of that name.
  func with(_ name: String, _ value: JSON) -> JSON {
    .object((members ?? []).filter { $0.name != name } + [.init(name, value)])
  }
}
