import Primitives
import Security
import Signaling
import Visits

/// A request of the HTTP API whose answer waits until something is on disk.
struct PendingExchange: Sendable {
  /// What the answer will say; its content is read when it is given.
  enum Answer: Sendable {
    /// A visit that was made or changed, with warnings and links; with the status.
    case booked(VisitID, status: Int)
    case visit(VisitID)
    case invites([InviteOutcome], VisitID)
    case invite(InviteID, VisitID)
    case generalLink(VisitID)
    case call(VisitID)
    case settings(ClinicID)
    case directory(ClinicID)
    case background(BackgroundID, ClinicID)
    /// The image itself is still to be deleted.
    case withoutBackground(BackgroundID, ClinicID)
  }

  let exchange: ExchangeID
  let answer: Answer
  /// What came with the request's idempotency key; nil where none came.
  var mark: RequestMark?
}

extension ControlPlane {
  /// A request of the HTTP API: it is answered, now or when what it gives is on disk.
  mutating func receive(_ request: HTTPRequest, as exchange: ExchangeID) {
    do throws(APIProblem) {
      let (route, parameters) = try APIRoute.find(request)
      switch (route.port, route.operation) {
      case (.admin, _): try administer(route.operation, request, as: exchange)
      case (.pages, .getBackground): try showBackground(parameters, as: exchange)
      case (.pages, _):
        let (clinic, key) = try backEnd(of: request)
        let call = APICall(
          operation: route.operation, request: request, parameters: parameters, clinic: clinic,
          key: key, exchange: exchange)
        try carry(call)
      }
    } catch {
      respond(error, to: exchange)
    }
  }

  private mutating func carry(_ call: APICall) throws(APIProblem) {
    switch call.operation {
    case .listVisits, .createVisit, .getVisit, .updateVisit, .cancelVisit, .startVisit,
      .closeVisit:
      try carryVisit(call)
    case .listInvites, .createInvites, .resendInvite, .revokeInvite, .getGeneralLink,
      .makeGeneralLink, .disableGeneralLink:
      try carryInvite(call)
    case .getCall, .endCall: try carryCall(call)
    case .createToken: try createToken(call)
    case .revokeSessions: try revokeSessions(call)
    case .getSettings, .updateSettings, .getDirectory, .updateDirectory: try carryClinic(call)
    case .listBackgrounds, .putBackground, .deleteBackground: try carryBackground(call)
    case .readAudit: try readAudit(call)
    case .getBackground, .listSessions, .listRooms, .drain, .getLogLevel, .setLogLevel:
      preconditionFailure("\(call.operation) is not for a back end")
    }
  }

  /// The clinic whose back end asks, and the key that it asks with. Throws 401 without a token
  /// that is good, 403 where it is a person's, 429 where too much is asked for.
  private mutating func backEnd(of request: HTTPRequest) throws(APIProblem) -> (ClinicID, String) {
    guard let token = request.authorization?.value.bearerToken else {
      throw APIProblem(
        401, "token_missing", field: "Authorization",
        fields: [HTTPField("www-authenticate", "Bearer realm=\"samtal\"")])
    }
    let bearer: TokenBearer
    do {
      bearer = try self.bearer(ofToken: token)
    } catch {
      auditRefusal(error.reason)
      throw APIProblem(
        401, error.reason, field: "Authorization",
        fields: [
          HTTPField("www-authenticate", "Bearer realm=\"samtal\", error=\"invalid_token\"")
        ])
    }
    guard case .backEnd(let clinic, let key) = bearer else {
      throw APIProblem(403, "not_permitted", detail: "the token is not a back end's")
    }
    var bucket = callsOfKeys[key] ?? TokenBucket(rate: Limits.callsPerSecond, now: moment.instant)
    let isLetThrough = bucket.take(now: moment.instant)
    callsOfKeys[key] = bucket
    guard isLetThrough else {
      throw APIProblem(429, "rate_limited", fields: [HTTPField("retry-after", "1")])
    }
    return (clinic, key)
  }

  /// A command of a back end: answered now, or when it is on disk.
  mutating func request(
    _ command: Command, for call: APICall, answer: PendingExchange.Answer,
    mark: RequestMark? = nil
  ) throws(APIProblem) {
    let pending = PendingExchange(exchange: call.exchange, answer: answer, mark: mark)
    let outcome: VisitJournal.Outcome
    do {
      outcome = try carryOut(command, by: call.actor, reply: .exchange(pending))
    } catch {
      throw APIProblem(error)
    }
    if let mark { idempotencyKeys.note(mark, .underWay) }
    if !outcome.waits { self.answer(pending, isDurable: outcome.isDurable) }
  }

  // MARK: Answers

  /// Answers with a document.
  mutating func respond(
    _ json: JSON, status: Int = 200, fields: [HTTPField] = [], to exchange: ExchangeID
  ) {
    emit(.respond(exchange, HTTPResponse(status: status, json, fields: fields)))
  }

  /// Answers with what went wrong.
  mutating func respond(_ problem: APIProblem, to exchange: ExchangeID) {
    emit(.respond(exchange, problem.response))
  }

  /// Gives an answer that has waited, with what holds now. What takes something away holds before
  /// it is on disk, and is answered with 202 then.
  mutating func answer(_ pending: PendingExchange, isDurable: Bool) {
    if let mark = pending.mark { idempotencyKeys.note(mark, .done(nil)) }
    if case .withoutBackground(let id, let clinic) = pending.answer {
      errands[pending.exchange] = .document(["background": .string(id.text)], status: 200)
      emit(.errand(pending.exchange, .deleteImage(clinic, id)))
      return
    }
    let (json, status, fields) = content(of: pending.answer)
    respond(json, status: isDurable ? status : 202, fields: fields, to: pending.exchange)
  }

  private func content(
    of answer: PendingExchange.Answer
  ) -> (json: JSON, status: Int, fields: [HTTPField]) {
    switch answer {
    case .booked(let id, let status):
      let place = HTTPField("location", "/v1/visits/\(id)")
      return (describeBooked(id), status, [tag(of: id), place])
    case .visit(let id): return (["visit": describe(id) ?? .null], 200, [tag(of: id)])
    case .invites(let outcomes, let id):
      let list = journal.decided.visits[id].map { describe(outcomes, in: $0, for: .backEnd) }
      return (["invites": list ?? []], 201, [])
    case .invite(let invite, let id):
      let visit = journal.decided.visits[id]
      let described = visit.flatMap { visit in
        visit.invite(invite).map { describe($0, in: visit, for: .backEnd) }
      }
      return (["invite": described ?? .null], 200, [])
    case .generalLink(let id):
      let visit = journal.decided.visits[id]
      return (.object(visit.map(describeGeneralLink) ?? []), 200, [])
    case .call(let id): return (["call": describeCall(of: id)], 200, [])
    case .settings(let id):
      let settings = describeSettings(of: id)
      return (settings, 200, [HTTPField(etagOf: settings)])
    case .directory(let id):
      let directory = describeDirectory(of: id)
      return (directory, 200, [HTTPField(etagOf: directory)])
    case .background(let id, let clinic):
      let place = "/v1/clinics/\(clinic)/backgrounds/\(id)"
      return (["background": .string(id.text)], 200, [HTTPField("location", place)])
    case .withoutBackground(let id, _): return (["background": .string(id.text)], 200, [])
    }
  }
}

extension HTTPField {
  /// The version of a document as an entity tag (RFC 9110 section 8.8.3).
  init(etagOf json: JSON) {
    let code = HMAC.sha256(key: Array("etag".utf8), Array(json.description.utf8))
    self.init("etag", "\"" + Base64.encodeURL(Array(code.prefix(12))) + "\"")
  }
}

extension String {
  /// The token of an `Authorization` field with the scheme `Bearer` (RFC 6750 section 2.1).
  fileprivate var bearerToken: String? {
    let parts = split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1].drop { $0 == " " })
  }
}
