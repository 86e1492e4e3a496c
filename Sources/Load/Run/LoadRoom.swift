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
  private let run: String
  private var hasPatient = false

  /// `run` sets its people apart from those of other runs.
  init(index: Int, places: Int, run: String) {
    self.index = index
    self.run = run
    members = Array(repeating: nil, count: places)
  }

  /// Who somebody of the room is, to the clinic.
  func person(_ word: String) -> String { "per_load-\(run)-\(index)-\(word)" }

  /// The patient whom the visit is for, once: to the first who comes.
  func takePatient() -> String? {
    guard !hasPatient else { return nil }
    hasPatient = true
    return person("patient")
  }

  /// The others in the room.
  func others(than participant: Participant) -> some Sequence<Participant> {
    members.lazy.compactMap { $0 }.filter { $0 !== participant }
  }
}
