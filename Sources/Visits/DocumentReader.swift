import Primitives

/// Reads a document member by member; what is wrong is refused as `bad_argument` with its path.
///
/// A member that is absent leaves the value as it is. `finish` refuses members that nobody has
/// asked for: a misspelt name would otherwise be a setting that silently does nothing.
struct DocumentReader {
  private let members: [JSON.Member]
  private let path: String
  private var asked: Set<String> = []

  /// Throws where the document is no object.
  init(_ document: JSON, path: String = "") throws(Refusal) {
    guard let members = document.members else {
      throw Refusal(.badArgument, field: path.isEmpty ? nil : path)
    }
    self.members = members
    self.path = path.isEmpty ? "" : path + "."
  }

  mutating func read(_ name: String, into value: inout Bool) throws(Refusal) {
    guard let member = take(name) else { return }
    guard let flag = member.bool else { throw wrong(name) }
    value = flag
  }

  mutating func read(_ name: String, into value: inout Int, in range: ClosedRange<Int>)
    throws(Refusal)
  {
    guard let member = take(name) else { return }
    guard let number = member.integer.flatMap(Int.init(exactly:)), range.contains(number) else {
      throw wrong(name)
    }
    value = number
  }

  /// A span in whole seconds.
  mutating func read(
    _ name: String, into value: inout Duration, in range: ClosedRange<Duration>
  ) throws(Refusal) {
    guard let member = take(name) else { return }
    guard let seconds = member.integer.flatMap(Int.init(exactly:)),
      range.contains(.seconds(seconds))
    else { throw wrong(name) }
    value = .seconds(seconds)
  }

  mutating func read(_ name: String, into value: inout String, bytes: ClosedRange<Int>)
    throws(Refusal)
  {
    guard let member = take(name) else { return }
    guard let text = member.string, bytes.contains(text.utf8.count) else { throw wrong(name) }
    value = text
  }

  mutating func read<Word: RawRepresentable<String>>(_ name: String, into value: inout Word)
    throws(Refusal)
  {
    guard let member = take(name) else { return }
    guard let word = member.string.flatMap(Word.init(rawValue:)) else { throw wrong(name) }
    value = word
  }

  /// A list; each element is read with its own path.
  mutating func list<Element>(
    _ name: String, most count: Int, into value: inout [Element],
    _ read: (JSON, _ path: String) throws(Refusal) -> Element
  ) throws(Refusal) {
    guard let member = take(name) else { return }
    guard let elements = member.array, elements.count <= count else { throw wrong(name) }
    var list: [Element] = []
    for (index, element) in elements.enumerated() {
      list.append(try read(element, "\(path)\(name)[\(index)]"))
    }
    value = list
  }

  /// A member that is read by hand; nil where it is absent.
  mutating func take(_ name: String) -> JSON? {
    asked.insert(name)
    return members.first { $0.name == name }?.value
  }

  /// The refusal of a member.
  func wrong(_ name: String) -> Refusal { Refusal(.badArgument, field: path + name) }

  /// Throws where a member is of a name that nobody has asked for.
  func finish() throws(Refusal) {
    for member in members where !asked.contains(member.name) { throw wrong(member.name) }
  }
}
