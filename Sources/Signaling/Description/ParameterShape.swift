import Primitives

/// The form of an argument, as the decoder takes it: what the description of the protocol says,
/// and what its test tries to get around.
public indirect enum ParameterShape: Equatable, Sendable {
  /// Text of at most so many bytes of UTF-8, and at least one unless it may be empty.
  case text(maximumBytes: Int, mayBeEmpty: Bool = false)
  /// An opaque identifier that begins with these letters and an underscore.
  case identifier(prefix: String)
  /// One of these words.
  case word([String])
  /// `true` or `false`.
  case flag
  /// A whole number within bounds.
  case count(ClosedRange<Int>)
  /// A list of at most so many elements.
  case list(ParameterShape, maximum: Int)
  /// An object with these members.
  case object([Parameter])

  /// An identifier of that kind.
  static func identifier<Kind>(_ kind: Identifier<Kind>.Type) -> ParameterShape {
    .identifier(prefix: Kind.prefix)
  }

  /// One of an enumeration's words.
  static func word<Word: RawRepresentable & CaseIterable>(
    of type: Word.Type
  ) -> ParameterShape where Word.RawValue == String {
    .word(Word.allCases.map(\.rawValue))
  }

  /// A point in civil time: milliseconds since 1970 (UTC), before the year 10000.
  static let time = ParameterShape.count(0...253_402_300_799_999)
  /// A number that only has to be whole and not negative.
  static let number = ParameterShape.count(0...Int.max)

  /// The form as JSON Schema (draft 2020-12). Lengths there are of characters, ours of bytes; a
  /// text that fits ours fits that.
  public var schema: JSON {
    switch self {
    case .text(let bytes, let mayBeEmpty):
      [
        "type": "string", "minLength": mayBeEmpty ? 0 : 1,
        "maxLength": .integer(Int64(bytes)),
      ]
    case .identifier(let prefix):
      [
        "type": "string", "pattern": .string("^\(prefix)_[0-9A-Za-z-]+$"),
        "maxLength": 64,
      ]
    case .word(let words): ["type": "string", "enum": .array(words.map(JSON.string))]
    case .flag: ["type": "boolean"]
    case .count(let range): Self.schema(of: range)
    case .list(let element, let maximum):
      ["type": "array", "items": element.schema, "maxItems": .integer(Int64(maximum))]
    case .object(let members):
      [
        "type": "object",
        "properties": .object(members.map { .init($0.name, $0.schema) }),
        "required": .array(members.filter(\.isRequired).map { .string($0.name) }),
      ]
    }
  }

  private static func schema(of range: ClosedRange<Int>) -> JSON {
    .compact([
      "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
      "maximum": range.upperBound == Int.max ? nil : .integer(Int64(range.upperBound)),
    ])
  }
}

/// One argument of a method, or one member of such an argument.
public struct Parameter: Equatable, Sendable {
  /// Its name on the wire.
  public let name: String
  /// Its form.
  public let shape: ParameterShape
  /// What it is for, in a sentence.
  public let meaning: String
  /// Whether a request without it is refused as `missing`.
  public let isRequired: Bool

  private init(_ name: String, _ shape: ParameterShape, _ meaning: String, isRequired: Bool) {
    self.name = name
    self.shape = shape
    self.meaning = meaning
    self.isRequired = isRequired
  }

  /// An argument that must be there.
  static func required(
    _ name: String, _ shape: ParameterShape, _ meaning: String
  ) -> Parameter {
    Parameter(name, shape, meaning, isRequired: true)
  }

  /// An argument that can be left out, or be `null`.
  static func optional(
    _ name: String, _ shape: ParameterShape, _ meaning: String
  ) -> Parameter {
    Parameter(name, shape, meaning, isRequired: false)
  }

  /// The form, with the meaning.
  var schema: JSON {
    .object((shape.schema.members ?? []) + [.init("description", .string(meaning))])
  }
}
