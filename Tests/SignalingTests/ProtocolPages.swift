import Foundation
import Primitives
import Signaling
import Visits

/// The pages of the protocol's documentation that are made from the code's own tables.
enum ProtocolPages {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let folder = root.appending(path: "Sources/Signaling/Signaling.docc")

  /// Both pages, by their names in the catalog.
  static func all() throws -> [(name: String, text: String)] {
    [("Methods.md", methods), ("Tables.md", try tables())]
  }

  static func url(_ name: String) -> URL { folder.appending(path: name) }

  // MARK: Methods

  private static var methods: String {
    """
    # Methods and notifications

    Every method with who may call it, what it takes, and how it is refused.

    ## Overview

    Made from the daemon's own tables, which `/v1/openrpc.json` is made from as well. *Needed* is
    what a request without is refused as `missing`. What every method can be refused as:
    `session_not_open`, `not_permitted`, `rate_limited`. The examples are messages of
    <doc:AWholeVisit> and <doc:MoreConversations>.

    ## Methods

    \(MethodDescription.all.map(describe).joined(separator: "\n\n"))

    ## Notifications

    Each carries `seq`.

    | notification | says | with |
    |---|---|---|
    \(NotificationDescription.all.map(describe).joined(separator: "\n"))

    """
  }

  private static func describe(_ method: MethodDescription) -> String {
    let lines = method.parameters.flatMap { rows(of: $0, "") }
    let table =
      lines.isEmpty
      ? "Takes nothing." : "| argument | form | |\n|---|---|---|\n" + lines.joined(separator: "\n")
    let reasons = method.reasons.map { "`\($0)`" }.joined(separator: ", ")
    return """
      ### \(method.method.rawValue)

      \(method.summary) \(method.permission.map(who) ?? "For whoever connects.")

      \(table)

      """ + (reasons.isEmpty ? "" : "\nRefused as \(reasons).\n") + """

        ```json
        \(method.example)
        ```
        """
  }

  private static func rows(of parameter: Parameter, _ path: String) -> [String] {
    let name = path + parameter.name
    let needed = parameter.isRequired ? "Needed. " : ""
    return ["| `\(name)` | \(form(parameter.shape)) | \(needed)\(parameter.meaning) |"]
      + members(of: parameter.shape, name)
  }

  private static func members(of shape: ParameterShape, _ path: String) -> [String] {
    switch shape {
    case .object(let members): members.flatMap { rows(of: $0, path + ".") }
    case .list(let element, _): Self.members(of: element, path + "[]")
    default: []
    }
  }

  private static func form(_ shape: ParameterShape) -> String {
    switch shape {
    case .text(let bytes, _): "text, \(bytes) bytes"
    case .identifier(let prefix): "`\(prefix)_…`"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
    case .flag: "true or false"
    case .count(let range) where range.upperBound == Int.max: "number"
    case .count(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .list(.object, let maximum): "list, \(maximum) at most"
    case .list(let element, let maximum): "list, \(maximum) at most, of: \(form(element))"
    case .object: "object"
    }
  }

  private static func who(_ permission: Permission) -> String {
    let staff =
      permission.staff.count == Relation.allCases.count
      ? ["staff"]
      : Relation.allCases.filter(permission.staff.contains).map { "staff (\($0.rawValue))" }
    let others = Role.allCases.filter(permission.others.contains).map(\.rawValue)
    let places = Place.allCases.filter(permission.places.contains).map(\.rawValue)
    let everywhere = places.count == Place.allCases.count
    return "For " + (staff + others).joined(separator: ", ")
      + (everywhere ? "." : "; from: \(places.joined(separator: ", ")).")
  }

  private static func describe(_ notification: NotificationDescription) -> String {
    let names = (notification.parameters["properties"]?.members ?? []).map(\.name)
    let with = names.filter { $0 != "seq" }.map { "`\($0)`" }.joined(separator: ", ")
    return "| `\(notification.notification.rawValue)` | \(notification.summary) | \(with) |"
  }

  // MARK: Tables

  private static func tables() throws -> String {
    """
    # Tables

    Who may do what, who sees what, and the words for refusals.

    ## Overview

    Made from the tables by which the daemon decides.

    ## Who may do what

    *related* is staff that is `responsible`, `added`, or of the `same_unit` where the clinic lets
    the unit in; *named* is the first two. A member of staff who is in the call came in with a right
    to the visit.

    | method | back end | staff | patient | proxy | guest | from |
    |---|---|---|---|---|---|---|
    \(permissions)

    ## Who sees what of a visit

    Places in brackets are where one has to be.

    | field | back end | staff | patient, proxy | guest |
    |---|---|---|---|---|
    \(VisitField.allCases.map(describe).joined(separator: "\n"))

    ## Why a visit's rules say no

    Errors with the code -32002.

    | reason | meaning |
    |---|---|
    \(try meanings(of: Refusal.Reason.self, in: "Visits/Refusal.swift"))

    ## Why a session ends

    What `session.closing` carries; `action` is `reconnect` for `server_draining`, else `leave`.

    | reason | meaning |
    |---|---|
    \(try meanings(of: SessionClosing.self, in: "Signaling/Session/SessionClosing.swift"))

    ## Why a connection ends

    What the closing frame of a WebSocket says, where the session, if there is one, can be continued
    over another connection. Over lines a last `session.closing` says it, which is no part of the
    session: its `seq` is 0. Its `action` is `reconnect` for `open_timeout` and `server_draining`,
    else `resume`. Beside these, a reason of the next table can stand here: for a message that is
    not understood, or a notification that is refused.

    | reason | meaning |
    |---|---|
    \(try meanings(of: ConnectionClosing.self, in: "Signaling/Session/ConnectionClosing.swift"))

    ## Why a request is not understood, or nobody is let in

    | reason | meaning |
    |---|---|
    \(doorReasons.map { "| `\($0.word)` | \($0.meaning) |" }.joined(separator: "\n"))

    """
  }

  private static var permissions: String {
    SignalingMethod.allCases.compactMap { method in
      MethodDescription.all.first { $0.method == method }?.permission.map { row(method, $0) }
    }.joined(separator: "\n")
  }

  private static func row(_ method: SignalingMethod, _ permission: Permission) -> String {
    func mark(_ role: Role) -> String { permission.others.contains(role) ? "yes" : "" }
    let places = Place.allCases.filter(permission.places.contains).map(\.rawValue)
    let from = places.count == Place.allCases.count ? "anywhere" : places.joined(separator: ", ")
    return "| `\(method.rawValue)` | \(permission.backEnd ? "yes" : "") "
      + "| \(word(permission.staff)) | \(mark(.patient)) | \(mark(.proxy)) | \(mark(.guest)) "
      + "| \(from) |"
  }

  private static func word(_ relations: Set<Relation>) -> String {
    switch relations {
    case Set(Relation.allCases): "all"
    case [.responsible, .added, .sameUnit]: "related"
    case [.responsible, .added]: "named"
    default: Relation.allCases.filter(relations.contains).map(\.rawValue).joined(separator: ", ")
    }
  }

  private static func describe(_ field: VisitField) -> String {
    let row = field.visibility
    func places(_ places: Set<Place>) -> String {
      if places.isEmpty { return "" }
      if places.count == Place.allCases.count { return "yes" }
      return "(" + Place.allCases.filter(places.contains).map(\.rawValue).joined(separator: ", ")
        + ")"
    }
    let staff = [word(row.staff), row.staffInCall ? "all (call)" : ""].filter { !$0.isEmpty }
    let guests = places(row.guests) + (row.asksClinic ? ", where the clinic says so" : "")
    return "| `\(field.rawValue)` | \(row.backEnd ? "yes" : "") "
      + "| \(staff.joined(separator: "; ")) | \(places(row.patients)) | \(guests) |"
  }

  /// The words of an enumeration with the comments that stand above them in the code.
  private static func meanings<Word: RawRepresentable & CaseIterable>(
    of type: Word.Type, in file: String
  ) throws -> String where Word.RawValue == String {
    let source = try String(
      contentsOf: root.appending(path: "Sources/" + file), encoding: .utf8)
    var comment = ""
    var meanings: [String: String] = [:]
    for line in source.split(separator: "\n") {
      if let said = line.firstMatch(of: /^ +\/\/\/ (.*)/) {
        comment += (comment.isEmpty ? "" : " ") + said.1
        continue
      }
      if let found = line.firstMatch(of: /^ +case (\w+)(?: = "(\w+)")?$/) {
        meanings[String(found.2 ?? found.1)] = comment
      }
      comment = ""
    }
    return Word.allCases.map { "| `\($0.rawValue)` | \(meanings[$0.rawValue] ?? "") |" }
      .joined(separator: "\n")
  }

  /// Words that no rule of a visit gives.
  static let doorReasons: [(word: String, meaning: String)] = [
    ("malformed_json", "The message is no JSON; the connection is closed."),
    ("not_an_object", "The message is no object."),
    ("batch_not_supported", "The message is a batch."),
    ("version_unsupported", "`jsonrpc` is not \"2.0\"."),
    ("method_missing", "There is no `method`."),
    ("unknown_method", "There is no such method."),
    ("params_not_an_object", "Arguments go by name."),
    ("bad_id", "`id` is neither a whole number nor a text of at most 64 bytes."),
    ("id_missing", "The method is a request."),
    ("message_too_large", "The message is longer than it may be."),
    ("missing", "`field` has to be there."),
    ("wrong_type", "`field` is of another type."),
    ("empty", "`field` is empty."),
    ("too_long", "`field` is too long."),
    ("too_many", "`field` has too many elements."),
    ("out_of_range", "`field` is too small or too large."),
    ("unknown_value", "`field` is none of its words."),
    ("bad_identifier", "`field` names something else."),
    ("bad_characters", "`field` holds characters that hide or reorder text."),
    ("session_not_open", "The first request is `session.open`."),
    ("already_open", "The connection carries a session."),
    ("token_expired", "The token's time is over: fetch another one."),
    ("token_refused", "The token is of no use here."),
    (
      "invite_refused", "The link is of no use: unknown, replaced, taken back, or not of this time."
    ),
    ("session_unknown", "The session is over, or the secret is another's."),
    ("rate_limited", "More than 50 requests a second."),
    ("overloaded", "The daemon has no room; try again in a while."),
    (
      "storage_unavailable",
      "What gives access cannot be recorded at the moment; nothing has changed."
    ),
    ("negotiation_in_progress", "The answer to the offer before is on its way."),
    ("transport_closed", "The transport is gone: offer anew."),
    ("probe_ended", "The test of the connection was ended by another one."),
    ("malformed_offer", "The offer is no session description that can be answered."),
  ]
}
