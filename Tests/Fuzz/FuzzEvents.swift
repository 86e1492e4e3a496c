import Primitives
import Visits

/// An event that can be read is written so that it is read and written the same. A log, one event
/// a line, is replayed to a state without problems, in which the next command is judged; or it is
/// refused.
func fuzzEvent(_ input: UnsafeRawBufferPointer) {
  var log: [StoredEvent] = []
  for line in input.split(separator: UInt8(ascii: "\n")).prefix(64) {
    guard let value = try? JSON(parsing: Array(line)),
      let stored = StoredEvent(value, position: UInt64(log.count + 1))
    else { return }
    log.append(stored)
    guard let event = try? VisitEvent(stored, instant: .origin) else { continue }
    let written = event.stored(at: stored.position)
    let again = try? VisitEvent(written, instant: .origin)
    precondition(again?.stored(at: stored.position) == written)
    // A clinic has no personal fields, and a span of many years is cut off.
    if stored.visit != nil, stored.payload.isModest { precondition(again == event) }
  }
  let now = Moment(instant: .origin, wall: WallTime(milliseconds: 1_800_000_000_000))
  guard var ledger = try? VisitLedger(restoring: log, at: now) else { return }
  precondition(ledger.problems().isEmpty)
  let later = Moment(instant: now.instant + .minutes(10), wall: now.wall + .minutes(10))
  for visit in ledger.visits.keys.sorted() {
    let events = try? ledger.decide(.visit(visit, .expire), by: .system, at: later)
    for event in events ?? [] { ledger.apply(event) }
  }
  precondition(ledger.problems().isEmpty)
}

extension StoredEvent {
  /// From an object with the columns of the store.
  fileprivate init?(_ value: JSON, position: UInt64) {
    guard let payload = value["payload"], let at = value["at"]?.integer else { return nil }
    var personal: PersonalRecord?
    if let subject = value["subject"]?.string, let fields = value["personal"],
      let owner = value["visit"]?.string.flatMap(PersonalRecord.Owner.init)
    {
      personal = PersonalRecord(owner: owner, subject: subject, fields: Redacted(fields))
    }
    self.init(
      position: position, at: WallTime(milliseconds: at),
      visit: value["visit"]?.string.flatMap { VisitID($0) }, payload: payload, personal: personal)
  }
}

extension JSON {
  /// Whether all whole numbers fit 40 bits.
  fileprivate var isModest: Bool {
    switch self {
    case .integer(let value): value.magnitude >> 40 == 0
    case .array(let elements): elements.allSatisfy(\.isModest)
    case .object(let members): members.allSatisfy(\.value.isModest)
    default: true
    }
  }
}
