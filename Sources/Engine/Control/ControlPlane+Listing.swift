import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// A page of the visits that concern a member of staff, in the order of their times.
  func listVisits(
    _ query: VisitQuery, for session: SessionID
  ) throws(SignalingError) -> JSON {
    guard let state = sessions[session] else { return [:] }
    do {
      try Method.visitList.permission.require(
        role: state.identity.role, relation: .none, place: .out)
    } catch {
      throw SignalingError(error)
    }
    let page = try page(query) { visit in
      let relation = journal.decided.relation(of: state.identity, to: visit)
      return visit.clinic == state.identity.clinic && relation != .none
        && (state.identity.visit ?? visit.id) == visit.id
        && (query.relation ?? relation) == relation
    }
    let described = page.visits.compactMap { describe($0, for: state) }
    return .compact(["visits": .array(described), "next": page.next.map(JSON.string)])
  }

  /// A page of the visits to which a query applies, among those that `isMeant` names, in the
  /// order of their times; `next` is the cursor of the page after it.
  func page(
    _ query: VisitQuery, where isMeant: (Visit) -> Bool
  ) throws(SignalingError) -> (visits: [Visit], next: String?) {
    var after: VisitPlace?
    if let cursor = query.cursor {
      guard let place = VisitPlace(cursor: cursor) else {
        throw .badArgument("cursor", "unknown_value", "cursor is the `next` of another answer")
      }
      after = place
    }
    var found: [(place: VisitPlace, visit: Visit)] = []
    for visit in journal.decided.visits.values where query.applies(to: visit) && isMeant(visit) {
      let place = VisitPlace(visit)
      if let after, place <= after { continue }
      // What waits to be on disk is not there yet for those who ask.
      if journal.scene(of: visit.id) != nil { found.append((place, visit)) }
    }
    found.sort { $0.place < $1.place }
    let page = found.prefix(query.limit)
    return (page.map(\.visit), found.count > page.count ? page.last?.place.cursor : nil)
  }
}

/// Where a visit stands in a list: by its time, and among those of one time by identifier.
private struct VisitPlace: Comparable {
  let time: WallTime
  let id: VisitID

  init(_ visit: Visit) {
    time = visit.scheduled ?? visit.createdAt
    id = visit.id
  }

  init?(cursor: String) {
    let parts = cursor.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = VisitID(String(parts[1]))
    else { return nil }
    time = WallTime(milliseconds: milliseconds)
    self.id = id
  }

  var cursor: String { "\(time.milliseconds).\(id)" }

  static func < (left: Self, right: Self) -> Bool {
    (left.time, left.id) < (right.time, right.id)
  }
}

extension VisitQuery {
  fileprivate func applies(to visit: Visit) -> Bool {
    let time = visit.scheduled ?? visit.createdAt
    if let from, time < from { return false }
    if let to, time >= to { return false }
    if let unit, visit.unit != unit { return false }
    return states.isEmpty || states.contains(visit.state)
  }
}
