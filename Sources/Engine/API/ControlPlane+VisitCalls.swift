import Primitives
import Security
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what a back end asks for about visits.
  mutating func carryVisit(_ call: APICall) throws(APIProblem) {
    switch call.operation {
    case .listVisits:
      respond(try listVisits(call), to: call.exchange)
      return
    case .createVisit: return try createVisit(call)
    default: break
    }
    let visit = try ownVisit(of: call)
    let version = tag(of: visit.id).value
    switch call.operation {
    case .getVisit:
      respond(
        ["visit": describe(visit.id) ?? .null], fields: [tag(of: visit.id)], to: call.exchange)
    case .updateVisit:
      let body = try call.request.object()
      try call.request.requireMatch(version, isNeeded: true)
      try update(visit.id, body, for: call)
    case .startVisit:
      try call.request.requireMatch(version, isNeeded: false)
      try request(.visit(visit.id, .start), for: call, answer: .visit(visit.id))
    case .closeVisit:
      try call.request.requireMatch(version, isNeeded: false)
      try request(.visit(visit.id, .close), for: call, answer: .visit(visit.id))
    default:
      try call.request.requireMatch(version, isNeeded: false)
      try request(.visit(visit.id, .cancel), for: call, answer: .visit(visit.id))
    }
  }

  /// The visit in the path. One of another clinic, and one that is not on disk yet, is not there.
  func ownVisit(of call: APICall) throws(APIProblem) -> Visit {
    let id = try call.identifier(0, VisitID.self, orElse: .notFound("visit"))
    guard let visit = journal.scene(of: id)?.visit, visit.clinic == call.clinic else {
      throw APIProblem.notFound("visit")
    }
    return visit
  }

  // MARK: Listing

  /// A page of the clinic's visits: of one person, each with that person's own link.
  private func listVisits(_ call: APICall) throws(APIProblem) -> JSON {
    let arguments = try call.request.arguments(
      texts: ["person", "unit", "cursor"], numbers: ["from", "to", "limit"], lists: ["states"])
    var person: PersonID?
    if let text = arguments["person"]?.string {
      guard let id = PersonID(text) else {
        throw APIProblem(400, "bad_identifier", field: "person")
      }
      person = id
    }
    do throws(SignalingError) {
      guard case .visit(.list(let query)) = try Request(.visitList, params: arguments) else {
        return [:]
      }
      let page = try page(query) { visit in
        guard visit.clinic == call.clinic else { return false }
        return person.map { visit.booked[$0] != nil } ?? true
      }
      let described = page.visits.map { visit in
        let json = describe(visit.id) ?? [:]
        let link = person.flatMap { visit.personalLink(of: $0) }.flatMap { self.link(of: $0) }
        return link.map { json.with("link", .string($0)) } ?? json
      }
      return .compact(["visits": .array(described), "next": page.next.map(JSON.string)])
    } catch {
      throw APIProblem(error)
    }
  }

  // MARK: Booking

  private mutating func createVisit(_ call: APICall) throws(APIProblem) {
    let body = try call.request.object()
    var (source, mark) = try idempotentSource(for: call, body)
    // Drawn first, so that it does not depend on what else the visit consists of.
    let id = VisitID(random: &source)
    if journal.scene(of: id) != nil {
      let pending = PendingExchange(exchange: call.exchange, answer: .booked(id, status: 201))
      return answer(pending, isDurable: true)
    }
    guard journal.decided.visits[id] == nil else { throw Self.underWay }
    var draft: VisitDraft
    do throws(SignalingError) {
      guard case .visit(.create(let parameters)) = try Request(.visitCreate, params: body) else {
        return
      }
      draft = try drawing(from: source) { plane throws(SignalingError) in
        try plane.draft(parameters, in: call.clinic)
      }
      draft.id = id
      draft.responsible = try PersonRecord.responsible(in: body)
    } catch {
      throw APIProblem(error)
    }
    try request(
      .createVisit(draft), for: call, answer: .booked(id, status: 201), mark: mark)
  }

  private mutating func update(
    _ visit: VisitID, _ body: JSON, for call: APICall
  ) throws(APIProblem) {
    let changes: VisitChanges
    do throws(SignalingError) {
      guard case .visit(.update(_, let parameters)) = try Request(.visitUpdate, params: body)
      else { return }
      changes = try self.changes(parameters, of: visit)
    } catch {
      throw APIProblem(error)
    }
    try request(
      .visit(visit, .update(changes)), for: call, answer: .booked(visit, status: 200))
  }

  // MARK: Describing

  /// A visit as its clinic's back end sees it.
  func describe(_ id: VisitID) -> JSON? {
    journal.decided.visits[id].flatMap { describe($0, for: .backEnd) }
  }

  /// A visit with what does not fit, and the links into it.
  func describeBooked(_ id: VisitID) -> JSON {
    guard let visit = journal.decided.visits[id] else { return [:] }
    return .object(
      [.init("visit", describe(id) ?? .null)] + describeBooking(visit, for: .backEnd))
  }

  /// The version of a visit: a call that comes and goes does not make another one of it.
  ///
  /// A visit is shown as it has been decided, for what takes something away holds before it is on
  /// disk. Until it is there, the version has a name that never stands for another: what the disk
  /// did not take is undone, and the next change has the same number.
  func tag(of id: VisitID) -> HTTPField {
    let number = journal.decided.visits[id]?.version ?? 0
    let attempt = "-\(startedAt.milliseconds)-\(journal.failures)"
    return HTTPField("etag", "\"\(number)\(journal.isOnDisk(id) ? "" : attempt)\"")
  }
}

extension Visit {
  /// The link that one of the booked people has for themselves.
  fileprivate func personalLink(of person: PersonID) -> InviteID? {
    invites.last { $0.person == person && !$0.isRevoked }?.id
  }
}
