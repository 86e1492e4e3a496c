import Primitives
import Visits

/// What must never happen, and what must have happened at the end.
struct Checker {
  /// The first thing that went wrong, with its time.
  private(set) var failure: String?
  /// Frames that stood under a name.
  private(set) var framesShown = 0
  /// Frames that came while the tile was blank.
  private(set) var framesHidden = 0
  /// Sounds that arrived.
  private(set) var sounds = 0

  /// Every participant that each page has been.
  private var participants: [Set<String>]
  /// When each page was in the call last: it stands for now where it is in it.
  private var lastInCall: [Instant?]
  private var isInCall: [Bool]
  private var lastSeen: [Pair: Instant] = [:]
  private var inputs = 0

  private struct Pair: Hashable {
    var viewer: Int
    var publisher: Int
  }

  /// Checks a run with so many pages.
  init(pages: Int) {
    participants = Array(repeating: [], count: pages)
    lastInCall = Array(repeating: nil, count: pages)
    isInCall = Array(repeating: false, count: pages)
  }

  /// Time in which media of or for somebody who has left can still arrive: what the command takes
  /// to the worker, and the longest way from there. A path's queue holds half a second and one
  /// datagram more (15 ms at the slowest), and what has left it takes up to 150 ms, 40 ms of
  /// jitter, and 30 ms behind those that overtake it.
  private static let longestWay = Duration.milliseconds(800)

  mutating func fail(_ text: String, at now: Instant) {
    if failure == nil { failure = "\(now) \(text)" }
  }

  /// Takes note of who a page is, from what the server tells it. Others can be told only later.
  mutating func learn(from message: String, to page: Int) {
    guard message.contains("\"participant\"") || message.contains("\"you\":true"),
      let message = try? JSON(parsing: message)
    else { return }
    let holder = message["result"] ?? message["params"]
    // Only who has come in is told a place; other answers name somebody else.
    let entry = message["result"]?["place"] == nil ? nil : message["result"]?["participant"]
    for own in [entry, holder?["you"]?["participant"]] {
      if let own = own?.string { participants[page].insert(own) }
    }
    for member in holder?["snapshot"]?["roster"]?.array ?? [] where member["you"]?.bool == true {
      if let own = member["id"]?.string { participants[page].insert(own) }
    }
  }

  /// The rules of visits hold after every input. A whole check costs, so it is made now and then.
  mutating func check(_ ledger: VisitLedger, now: Instant) {
    for page in isInCall.indices where isInCall[page] {
      lastInCall[page] = now
      isInCall[page] = false
    }
    for visit in ledger.visits.values {
      for participant in visit.participants where participant.place == .call {
        let page = participants.firstIndex { $0.contains(participant.id.text) }
        if let page { isInCall[page] = true }
      }
    }
    inputs += 1
    if inputs % 16 == 0 { checkRules(ledger, now: now) }
  }

  /// Every invariant of the visits.
  mutating func checkRules(_ ledger: VisitLedger, now: Instant) {
    for problem in ledger.problems() { fail(problem, at: now) }
  }

  /// Never a frame of one person under the name of another, and none at all for or of somebody
  /// who is not in the call: never let in, or held or removed since.
  mutating func checkFrame(of publisher: Int, under name: String?, by viewer: Int, now: Instant) {
    checkRoute(from: publisher, to: viewer, now: now)
    guard let name else {
      framesHidden += 1
      return
    }
    framesShown += 1
    lastSeen[Pair(viewer: viewer, publisher: publisher)] = now
    if !participants[publisher].contains(name) {
      fail("page \(viewer) shows \(publisher) under the name \(name)", at: now)
    }
  }

  mutating func checkSound(of publisher: Int, by viewer: Int, now: Instant) {
    checkRoute(from: publisher, to: viewer, now: now)
    sounds += 1
  }

  private mutating func checkRoute(from publisher: Int, to viewer: Int, now: Instant) {
    if publisher == viewer { fail("page \(viewer) gets its own media", at: now) }
    for page in [publisher, viewer] where !isInCall[page] {
      let gone = lastInCall[page].map { now - $0 }
      if let gone, gone <= Self.longestWay { continue }
      let since = gone.map { "left the call \($0) ago" } ?? "was never admitted"
      fail("media of \(publisher) reached \(viewer), and \(page) \(since)", at: now)
    }
  }

  /// Somebody who is in the call at the end.
  struct Present {
    var page: Int
    var seats: Int
    var sendsVideo: Bool
  }

  /// At the end of the calm everybody in the call sees everybody else, as far as their seats
  /// reach.
  mutating func checkLiveness(_ present: [Present], now: Instant) {
    for viewer in present {
      let others = present.filter { $0.page != viewer.page && $0.sendsVideo }
      let seen = others.filter { other in
        let last = lastSeen[Pair(viewer: viewer.page, publisher: other.page)]
        return last.map { now - $0 <= .seconds(1) } ?? false
      }
      // A seat may be held by somebody whose camera is off.
      let dark = present.count - 1 - others.count
      if seen.count < min(others.count, viewer.seats - dark) {
        fail("page \(viewer.page) sees \(seen.count) of \(others.count) others", at: now)
      }
    }
  }
}
