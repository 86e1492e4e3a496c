import Primitives
import Signaling
import Visits

/// What is to be done when the store has answered to a request's errand.
enum PendingErrand: Sendable {
  /// It is on record who reads; then the rows are read.
  case auditRead(AuditQuery)
  /// The rows are the answer; a full page has another one after it.
  case audit(limit: Int)
  /// The image is the answer.
  case image
  /// The image is kept, and is to be among the clinic's from now on.
  case background(APICall, BackgroundID)
  /// It is done: this is the answer.
  case document(JSON, status: Int)
  /// It holds whether it is on record yet or not: this is the answer, and else 202 with it.
  case acted(JSON)
}

extension ControlPlane {
  /// The store has answered.
  mutating func receive(_ answer: StoreAnswer, to exchange: ExchangeID) {
    guard let errand = errands.removeValue(forKey: exchange) else { return }
    switch (errand, answer) {
    case (.audit(let limit), .audit(let lines)): respond(describe(lines, limit), to: exchange)
    case (.image, .image(let image?)): emit(.respond(exchange, HTTPResponse(image)))
    case (.image, .image(nil)):
      respond(.notFound("background"), to: exchange)
    case (.document(let json, let status), .done): respond(json, status: status, to: exchange)
    case (.acted(let json), .done): respond(json, to: exchange)
    case (.acted(let json), .failed): respond(json, status: 202, to: exchange)
    case (.auditRead(let query), .done):
      do {
        try send(.readAudit(query), for: exchange, then: .audit(limit: query.limit))
      } catch {
        respond(error, to: exchange)
      }
    case (.background(let call, let id), .done):
      do {
        try putUp(id, for: call)
      } catch {
        respond(error, to: exchange)
      }
    default:
      respond(APIProblem(SignalingError(ControlRefusal.storageUnavailable)), to: exchange)
    }
  }

  /// Has the store do something, unless too much waits for it already.
  mutating func send(
    _ errand: StoreErrand, for exchange: ExchangeID, then next: PendingErrand
  ) throws(APIProblem) {
    guard errands.count < Limits.errands else { throw APIProblem(503, "overloaded") }
    errands[exchange] = next
    emit(.errand(exchange, errand))
  }

  // MARK: The audit log

  /// Shows a page of the clinic's rows of the audit log; that somebody looked is a row of it too,
  /// and on disk before they see any.
  mutating func readAudit(_ call: APICall) throws(APIProblem) {
    let arguments = try call.request.arguments(
      texts: ["visit"], numbers: ["from", "to", "cursor", "limit"])
    let query: AuditQuery
    do {
      query = try AuditQuery(arguments, clinic: call.clinic)
    } catch {
      throw APIProblem(error)
    }
    let entry = AuditEntry(
      .auditRead, at: moment.wall, by: call.actor.author, clinic: call.clinic, visit: query.visit)
    try send(.record(entry), for: call.exchange, then: .auditRead(query))
  }

  private func describe(_ lines: [AuditLine], _ limit: Int) -> JSON {
    let entries = lines.map { line in
      JSON.compact([
        "number": .integer(line.number), "at": .integer(line.entry.at.milliseconds),
        "visit": line.entry.visit.map { .string($0.text) },
        "author": line.entry.author.map { .string($0.text) },
        "action": .string(line.entry.action), "subject": line.entry.subject.map(JSON.string),
        "outcome": .string(line.entry.outcome),
      ])
    }
    let next = lines.count == limit ? lines.last?.number : nil
    return .compact(["entries": .array(entries), "next": next.map(JSON.integer)])
  }

  // MARK: Background images

  /// Lists a clinic's images, puts one up or takes one down.
  mutating func carryBackground(_ call: APICall) throws(APIProblem) {
    try call.requireOwnClinic()
    let present = journal.decided.clinics[call.clinic]?.settings.backgrounds ?? []
    guard call.operation != .listBackgrounds else {
      let list = present.map { id in
        JSON.object([
          .init("id", .string(id.text)),
          .init("href", .string("/v1/clinics/\(call.clinic)/backgrounds/\(id)")),
        ])
      }
      return respond(["backgrounds": .array(list)], to: call.exchange)
    }
    let id = try call.identifier(1, BackgroundID.self, orElse: .notFound("background"))
    if call.operation == .putBackground {
      guard present.contains(id) || present.count < Limits.backgroundsPerClinic else {
        throw APIProblem(409, "too_many")
      }
      let image = try image(id, of: call)
      return try send(.putImage(image), for: call.exchange, then: .background(call, id))
    }
    guard present.contains(id), var settings = journal.decided.clinics[call.clinic]?.settings
    else { throw APIProblem.notFound("background") }
    settings.backgrounds.removeAll { $0 == id }
    try request(
      .changeSettings(call.clinic, settings), for: call,
      answer: .withoutBackground(id, call.clinic))
  }

  /// Shows an image to whoever knows where it is: it is a picture that everybody in a call sees.
  mutating func showBackground(
    _ parameters: [Substring], as exchange: ExchangeID
  ) throws(APIProblem) {
    guard let clinic = ClinicID(String(parameters[0])),
      let id = BackgroundID(String(parameters[1])),
      journal.decided.clinics[clinic]?.settings.backgrounds.contains(id) == true
    else { throw APIProblem.notFound("background") }
    guard imageReads.take(now: moment.instant) else {
      throw APIProblem(429, "rate_limited", fields: [HTTPField("retry-after", "1")])
    }
    try send(.getImage(clinic, id), for: exchange, then: .image)
  }

  private func image(
    _ id: BackgroundID, of call: APICall
  ) throws(APIProblem) -> BackgroundImage {
    let forms = BackgroundImage.Form.allCases.map(\.rawValue).joined(separator: ", ")
    guard let form = BackgroundImage.Form(rawValue: call.request.mediaType) else {
      throw APIProblem(
        415, "unsupported_media_type", field: "Content-Type", detail: "it is one of \(forms)")
    }
    let bytes = call.request.body.value
    guard bytes.count <= Limits.backgroundBytes else {
      throw APIProblem(
        413, "body_too_large", detail: "an image has \(Limits.backgroundBytes) bytes at most")
    }
    guard let image = BackgroundImage(clinic: call.clinic, id: id, form: form, bytes: bytes)
    else {
      throw APIProblem(
        415, "not_an_image", field: "Content-Type", detail: "the body is no \(form.rawValue)")
    }
    return image
  }

  private mutating func putUp(_ id: BackgroundID, for call: APICall) throws(APIProblem) {
    guard var settings = journal.decided.clinics[call.clinic]?.settings else { return }
    if !settings.backgrounds.contains(id) { settings.backgrounds.append(id) }
    try request(
      .changeSettings(call.clinic, settings), for: call, answer: .background(id, call.clinic))
  }
}

extension HTTPResponse {
  /// An image. Browsers may keep it for a while, and take it for nothing else.
  fileprivate init(_ image: BackgroundImage) {
    self.init(
      status: 200, contentType: image.form.rawValue,
      fields: [
        HTTPField("cache-control", "public, max-age=300"),
        HTTPField("x-content-type-options", "nosniff"),
        HTTPField("content-security-policy", "default-src 'none'"),
      ], body: image.bytes)
  }
}
