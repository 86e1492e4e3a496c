import Primitives
import Visits

/// What a client has to know of one method: who may call it, what it takes and gives, and an
/// example.
///
/// The table of all methods is in the extensions; `OpenRPCDocument` serves it, the protocol's own
/// document is held to it, and a test holds it to the decoder.
public struct MethodDescription: Sendable {
  /// The method.
  public let method: SignalingMethod
  /// What it does, in a sentence.
  public let summary: String
  /// What it takes, in the order in which people think of it.
  public let parameters: [Parameter]
  /// The form of what it gives: JSON Schema.
  public let result: JSON
  /// Refusals that a client should be ready for, beside those of every method.
  public let reasons: [String]
  /// Arguments that the decoder takes.
  public let example: JSON

  init(
    _ method: SignalingMethod, _ summary: String, _ parameters: [Parameter] = [],
    gives result: JSON = Self.object([:]), reasons: [String] = [], example: JSON = [:]
  ) {
    self.method = method
    self.summary = summary
    self.parameters = parameters
    self.result = result
    self.reasons = reasons
    self.example = example
  }

  /// Every method, in the order of `SignalingMethod`.
  public static let all: [MethodDescription] = {
    let known = session + visits + directory + invites + calls + lobby + own + media
    return SignalingMethod.allCases.compactMap { method in
      known.first { $0.method == method }
    }
  }()

  /// Who may call it: the row of the permission table, or for what changes no visit that of
  /// everybody with a session. Nil: whoever connects.
  public var permission: Permission? {
    switch method {
    case .sessionOpen: nil
    case .pinSet, .viewSet, .mediaReport: .everybody(at: [.call])
    case .mediaNegotiate, .mediaRestart: .everybody(at: [.lobby, .call])
    case .probeStart: .everybody(at: [.out, .lobby])
    case .seatsAcknowledge: .everybody(at: Set(Place.allCases))
    default: Method(rawValue: method.rawValue)?.permission
    }
  }

  // MARK: Forms of results

  /// A reference to one of the document's forms.
  static func form(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/" + name)] }

  /// A list of one of the document's forms.
  static func list(_ element: JSON) -> JSON { ["type": "array", "items": element] }

  /// An object whose members all are there, but for those of `optional`.
  static func object(
    _ members: KeyValuePairs<String, JSON>, optional: KeyValuePairs<String, JSON> = [:]
  ) -> JSON {
    let all = members.map { JSON.Member($0.key, $0.value) }
    return [
      "type": "object",
      "properties": .object(all + optional.map { JSON.Member($0.key, $0.value) }),
      "required": .array(all.map { .string($0.name) }),
    ]
  }

  static let text: JSON = ["type": "string"]
  static let flag: JSON = ["type": "boolean"]
  static let number: JSON = ["type": "integer"]
}
