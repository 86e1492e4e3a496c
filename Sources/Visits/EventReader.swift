import Primitives

/// Why a stored event cannot be read.
public struct EventError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong, in words, without values: the payload may be anything.
  public var reason: String

  /// The reason.
  public var description: String { reason }
}

/// Takes members out of a stored payload; each that is missing or of another form is an error
/// that names it.
struct EventReader {
  let payload: JSON

  func text(_ name: String) throws(EventError) -> String {
    guard let text = payload[name]?.string else { throw EventError(reason: "no text `\(name)`") }
    return text
  }

  func integer(_ name: String) throws(EventError) -> Int64 {
    guard let value = payload[name]?.integer else {
      throw EventError(reason: "no whole number `\(name)`")
    }
    return value
  }

  func bool(_ name: String) throws(EventError) -> Bool {
    guard let value = payload[name]?.bool else { throw EventError(reason: "no bool `\(name)`") }
    return value
  }

  func object(_ name: String) throws(EventError) -> EventReader {
    guard let value = payload[name], value.members != nil else {
      throw EventError(reason: "no object `\(name)`")
    }
    return EventReader(payload: value)
  }

  func objects(_ name: String) throws(EventError) -> [EventReader] {
    guard let elements = payload[name]?.array else {
      throw EventError(reason: "no array `\(name)`")
    }
    return elements.map(EventReader.init)
  }

  func identifier<Kind>(_ name: String) throws(EventError) -> Identifier<Kind> {
    guard let id = Identifier<Kind>(try text(name)) else {
      throw EventError(reason: "`\(name)` is no identifier of its kind")
    }
    return id
  }

  func word<Word: RawRepresentable<String>>(_ name: String) throws(EventError) -> Word {
    guard let word = Word(rawValue: try text(name)) else {
      throw EventError(reason: "`\(name)` is not one of the known words")
    }
    return word
  }

  func words<Word: RawRepresentable<String>>(_ name: String) throws(EventError) -> [Word] {
    guard let elements = payload[name]?.array else {
      throw EventError(reason: "no array `\(name)`")
    }
    var words: [Word] = []
    for element in elements {
      guard let word = element.string.flatMap(Word.init(rawValue:)) else {
        throw EventError(reason: "`\(name)` has a word that is not known")
      }
      words.append(word)
    }
    return words
  }

  func author(_ name: String) throws(EventError) -> Author {
    guard let author = Author(try text(name)) else {
      throw EventError(reason: "`\(name)` names nobody")
    }
    return author
  }

  func span(_ name: String) throws(EventError) -> Duration {
    .milliseconds(Int(try integer(name)))
  }

  /// What `read` takes out, or nil where the member is absent.
  func optional<Value>(
    _ name: String, _ read: (String) throws(EventError) -> Value
  ) throws(EventError) -> Value? {
    payload[name] == nil ? nil : try read(name)
  }

  func time(_ name: String) throws(EventError) -> WallTime {
    WallTime(milliseconds: try integer(name))
  }
}
