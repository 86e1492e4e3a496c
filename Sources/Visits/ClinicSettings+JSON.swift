import Primitives

extension ClinicSettings {
  /// Reads a document with some or all of the settings; what it does not name stays as it is in
  /// `settings`. Spans are whole seconds.
  ///
  /// Throws `bad_argument` with the path of the member that is wrong, or that is none of ours.
  public init(_ document: JSON, changing settings: ClinicSettings = ClinicSettings())
    throws(Refusal)
  {
    self = settings
    var reader = try DocumentReader(document)
    try readEntry(&reader)
    try readBooking(&reader)
    try readCall(&reader)
    try readWords(&reader)
    try reader.finish()
  }

  /// The whole document.
  public var json: JSON {
    [
      "lobby": .string(lobby.rawValue), "waits_for_staff": .seconds(waitsForStaff),
      "rings": .seconds(rings), "same_unit_may_join": .bool(sameUnitMayJoin),
      "guests_see_patient_name": .bool(guestsSeePatientName),
      "consent_required": .bool(consentRequired),
      "general_link_for_patients": .bool(generalLinkForPatients),
      "link_lifetime": .seconds(linkLifetime), "idle_staff_session": .seconds(idleStaffSession),
      "visit_types": .array(visitTypes.map(\.json)), "reasons": .array(reasons.map(JSON.string)),
      "free_text_heading": .bool(freeTextHeading),
      "age_bands": [
        "child": .integer(Int64(ageBands.child)), "youth": .integer(Int64(ageBands.youth)),
      ],
      "sharing": .array(sharing.map(\.rawValue).sorted().map(JSON.string)),
      "share_replaces_camera": .bool(shareReplacesCamera),
      "backgrounds": .array(backgrounds.map { .string($0.text) }),
      "rating_scale": .string(ratingScale.rawValue), "patients_rate": .bool(patientsRate),
      "join_button": .string(joinButton),
      "invitation_text": .texts(invitationText), "sms_text": .texts(smsText),
      "logo": logo.map(JSON.string) ?? .null,
      "general_link_text": .string(generalLinkText), "retention": .seconds(retention),
      "webhook": webhook.map(JSON.string) ?? .null,
    ]
  }

  /// Throws where a value is out of its range: a document that says it would be refused.
  func requireValid() throws(Refusal) {
    guard try ClinicSettings(json) == self else { throw Refusal(.badArgument, field: "settings") }
    try requireFittingTexts()
  }

  /// What was written before there was a limit is still read, and has to be shortened only when
  /// something is changed.
  private func requireFittingTexts() throws(Refusal) {
    for language in Set(smsText.keys).union(invitationText.keys).sorted() {
      guard let text = textOfSMS(in: [language]) else { continue }
      let isOwn = smsText[language] != nil
      guard text.replacing("{link}", with: "").count <= Limits.smsTextCharacters else {
        throw Refusal(
          .textTooLong, field: (isOwn ? "sms_text." : "invitation_text.") + language)
      }
    }
  }

  private mutating func readEntry(_ reader: inout DocumentReader) throws(Refusal) {
    try reader.read("lobby", into: &lobby)
    try reader.read("waits_for_staff", into: &waitsForStaff, in: .zero ... .hours(24))
    try reader.read("rings", into: &rings, in: .seconds(1) ... .hours(1))
    try reader.read("same_unit_may_join", into: &sameUnitMayJoin)
    try reader.read("guests_see_patient_name", into: &guestsSeePatientName)
    try reader.read("consent_required", into: &consentRequired)
    try reader.read("general_link_for_patients", into: &generalLinkForPatients)
    try reader.read("link_lifetime", into: &linkLifetime, in: .zero...Self.tenYears)
    try reader.read("idle_staff_session", into: &idleStaffSession, in: .minutes(1) ... .hours(24))
  }

  private mutating func readBooking(_ reader: inout DocumentReader) throws(Refusal) {
    try reader.list("visit_types", most: Limits.visitTypesPerClinic, into: &visitTypes) {
      (element, path) throws(Refusal) in try VisitType(element, path: path)
    }
    for (index, type) in visitTypes.enumerated()
    where visitTypes[..<index].contains(where: { $0.name == type.name }) {
      throw reader.wrong("visit_types[\(index)].name")
    }
    try reader.list("reasons", most: Limits.reasonsPerClinic, into: &reasons) {
      (element, path) throws(Refusal) in
      guard let text = element.string, text.fits(Limits.headingBytes) else {
        throw Refusal(.badArgument, field: path)
      }
      return text
    }
    try reader.read("free_text_heading", into: &freeTextHeading)
    if let bands = reader.take("age_bands") {
      var nested = try DocumentReader(bands, path: "age_bands")
      try nested.read("child", into: &ageBands.child, in: 0...149)
      try nested.read("youth", into: &ageBands.youth, in: 1...150)
      guard ageBands.child < ageBands.youth else { throw nested.wrong("youth") }
      try nested.finish()
    }
  }

  private mutating func readCall(_ reader: inout DocumentReader) throws(Refusal) {
    var roles = Array(sharing)
    try reader.list("sharing", most: Role.allCases.count, into: &roles) {
      (element, path) throws(Refusal) in
      guard let role = element.string.flatMap(Role.init(rawValue:)), role != .staff else {
        throw Refusal(.badArgument, field: path)
      }
      return role
    }
    sharing = Set(roles)
    try reader.read("share_replaces_camera", into: &shareReplacesCamera)
    try reader.list("backgrounds", most: Limits.backgroundsPerClinic, into: &backgrounds) {
      (element, path) throws(Refusal) in
      guard let id = element.string.flatMap({ BackgroundID($0) }) else {
        throw Refusal(.badArgument, field: path)
      }
      return id
    }
    try reader.read("rating_scale", into: &ratingScale)
    try reader.read("patients_rate", into: &patientsRate)
  }

  private mutating func readWords(_ reader: inout DocumentReader) throws(Refusal) {
    try reader.read("join_button", into: &joinButton, bytes: 1...Limits.nameBytes)
    try Self.readTexts("invitation_text", &reader, into: &invitationText)
    try Self.readTexts("sms_text", &reader, into: &smsText)
    if let address = reader.take("logo") {
      let text = address.string
      guard address == .null || text?.isWebAddress == true && text?.hasPrefix("https:") == true
      else { throw reader.wrong("logo") }
      logo = text
    }
    try reader.read(
      "general_link_text", into: &generalLinkText, bytes: 0...Limits.clinicTextBytes)
    try reader.read("retention", into: &retention, in: .hours(24)...Self.tenYears)
    if let target = reader.take("webhook") {
      let text = target.string
      guard target == .null || text?.isWebAddress == true else { throw reader.wrong("webhook") }
      webhook = text
    }
  }

  /// Texts by language.
  private static func readTexts(
    _ name: String, _ reader: inout DocumentReader, into texts: inout [String: String]
  ) throws(Refusal) {
    guard let document = reader.take(name) else { return }
    guard let members = document.members, members.count <= Limits.languagesPerClinic else {
      throw reader.wrong(name)
    }
    texts = [:]
    for member in members {
      guard member.name.isLanguage, let text = member.value.string,
        text.fits(Limits.clinicTextBytes)
      else { throw reader.wrong("\(name).\(member.name)") }
      texts[member.name] = text
    }
  }

  private static let tenYears = Duration.hours(24 * 3_653)
}

extension VisitType {
  /// Throws `bad_argument` with the path of what is wrong; only the name must be there.
  init(_ document: JSON, path: String) throws(Refusal) {
    var reader = try DocumentReader(document, path: path)
    var type = VisitType(name: "")
    try reader.read("name", into: &type.name, bytes: 1...Limits.nameBytes)
    guard !type.name.isEmpty else { throw reader.wrong("name") }
    try reader.read("proxies", into: &type.proxies, in: 0...Limits.proxiesPerVisit)
    try reader.read("child_may_be_joined", into: &type.childMayBeJoined)
    try reader.read("links_work_early", into: &type.linksWorkEarly)
    try reader.finish()
    self = type
  }

  var json: JSON {
    [
      "name": .string(name), "proxies": .integer(Int64(proxies)),
      "child_may_be_joined": .bool(childMayBeJoined), "links_work_early": .bool(linksWorkEarly),
    ]
  }
}

extension JSON {
  fileprivate static func texts(_ texts: [String: String]) -> JSON {
    .object(texts.sorted { $0.key < $1.key }.map { Member($0, .string($1)) })
  }

  fileprivate static func seconds(_ span: Duration) -> JSON {
    .integer(span.milliseconds / 1_000)
  }
}

extension String {
  /// Whether this can be a language tag (RFC 5646, as far as its letters).
  var isLanguage: Bool {
    (2...35).contains(utf8.count)
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// Whether this is an absolute `http` or `https` address: visible ASCII, with a host.
  fileprivate var isWebAddress: Bool {
    guard utf8.count <= Limits.clinicTextBytes, utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return false }
    return ["https://", "http://"].contains { scheme in
      guard hasPrefix(scheme), let first = utf8.dropFirst(scheme.utf8.count).first else {
        return false
      }
      return first != UInt8(ascii: "/") && first != UInt8(ascii: "?") && first != UInt8(ascii: "#")
    }
  }
}
