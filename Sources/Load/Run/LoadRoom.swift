import Primitives

/// One call: a visit that its first member makes, and those who come to it.
final class LoadRoom {
  let index: Int
  /// The visit, once it is made.
  var visit: String?
  /// Whether the call has begun, so that others can come.
  var isOpen = false
  /// Who is there, by their places; the one who starts the call has the first.
  var members: [Participant?]

  init(index: Int, places: Int) {
    self.index = index
    members = Array(repeating: nil, count: places)
  }

  /// The others in the room.
  func others(than participant: Participant) -> some Sequence<Participant> {
    members.lazy.compactMap { $0 }.filter { $0 !== participant }
  }
}
