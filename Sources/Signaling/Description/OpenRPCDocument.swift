import Primitives
import Visits

/// The machine-readable description of the protocol: OpenRPC 1.3.2, served at `/v1/openrpc.json`.
public enum OpenRPCDocument {
  /// The document.
  public static let json: JSON = [
    "openrpc": "1.3.2",
    "info": [
      "title": "Samtal signaling", "version": "samtal.v1",
      "description":
        "JSON-RPC 2.0 over WebSocket (/v1/signal, subprotocol samtal.v1) or TCP, one message a line.",
    ],
    "methods": .array(MethodDescription.all.map(describe)),
    "x-notifications": .array(NotificationDescription.all.map(describe)),
    "components": ["schemas": .object(ResultForms.all)],
  ]

  private static func describe(_ method: MethodDescription) -> JSON {
    .compact([
      "name": .string(method.method.rawValue), "summary": .string(method.summary),
      "paramStructure": "by-name",
      "params": .array(method.parameters.map(describe)),
      "result": ["name": "result", "schema": method.result],
      "errors": .array(method.method == .sessionOpen ? [rateLimited] : [rateLimited, notOpen]),
      "x-reasons": .array(method.reasons.map(JSON.string)),
      "x-permission": method.permission.map(describe),
      "x-answered": .bool(!method.method.isNotification),
      // An example of the specification's own kind would have to give the result as well, which is
      // the daemon's to make up.
      "x-example": method.example,
    ])
  }

  private static func describe(_ parameter: Parameter) -> JSON {
    [
      "name": .string(parameter.name), "description": .string(parameter.meaning),
      "required": .bool(parameter.isRequired), "schema": parameter.shape.schema,
    ]
  }

  private static func describe(_ permission: Permission) -> JSON {
    [
      "staff": words(Relation.allCases.filter(permission.staff.contains)),
      "others": words(Role.allCases.filter(permission.others.contains)),
      "places": words(Place.allCases.filter(permission.places.contains)),
    ]
  }

  private static func describe(_ notification: NotificationDescription) -> JSON {
    [
      "name": .string(notification.notification.rawValue),
      "summary": .string(notification.summary), "schema": notification.parameters,
    ]
  }

  private static func words<Word: RawRepresentable>(_ words: [Word]) -> JSON
  where Word.RawValue == String { .array(words.map { .string($0.rawValue) }) }

  // The errors that any method may give.
  private static let rateLimited = SignalingError(.unavailable, "rate_limited").json
  private static let notOpen = SignalingError(.unauthenticated, "session_not_open").json
}
