import Primitives
import Visits

extension VisitAction {
  /// Reads the arguments of a method about visits; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    func visit() throws(SignalingError) -> VisitID? {
      try reader.optionalIdentifier("visit", VisitID.self)
    }
    func person() throws(SignalingError) -> PersonID {
      try reader.identifier("person", PersonID.self)
    }
    switch method {
    case .visitList: self = .list(try VisitQuery(reader))
    case .visitGet: self = .get(try visit())
    case .visitCreate:
      guard reader.has("type") else { throw reader.missing("type") }
      self = .create(try VisitParameters(reader))
    case .visitUpdate: self = .update(try visit(), try VisitParameters(reader))
    case .visitStart: self = .start(try visit())
    case .visitCancel: self = .cancel(try visit())
    case .visitClose: self = .close(try visit())
    case .visitAddStaff: self = .addStaff(try visit(), try person())
    case .visitRemoveStaff: self = .removeStaff(try visit(), try person())
    case .visitTakeover: self = .takeOver(try visit())
    default: return nil
    }
  }
}

extension VisitQuery {
  init(_ reader: ParameterReader) throws(SignalingError) {
    from = try reader.optionalTime("from")
    to = try reader.optionalTime("to")
    states = Set(try reader.optionalWords("states", Visit.State.self) ?? [])
    unit = try reader.optionalIdentifier("unit", UnitID.self)
    relation = try reader.optionalWord("relation", Relation.self)
    cursor = try reader.optionalString("cursor", maximumBytes: 128)
    limit = try reader.optionalCount("limit", 1...Limits.visitsPerPage) ?? limit
  }
}

extension VisitParameters {
  init(_ reader: ParameterReader) throws(SignalingError) {
    type = try reader.optionalName("type", maximumBytes: Limits.nameBytes)?.value
    heading =
      reader.isCleared("heading")
      ? Redacted("") : try reader.optionalName("heading", maximumBytes: Limits.headingBytes)
    description =
      reader.isCleared("description")
      ? Redacted("")
      : try reader.optionalText("description", maximumBytes: Limits.descriptionBytes)
    scheduled = try reader.optionalTime("scheduled")
    ends = try reader.optionalTime("ends")
    unit = try reader.optionalIdentifier("unit", UnitID.self)
    patients = try Self.readPatients(reader)
    proxies = try reader.optionalList("proxies", maximum: Limits.peopleBooked)?
      .map(PersonParameters.init)
    staff = try reader.identifiers(
      "staff", PersonID.self, maximum: Limits.peopleBooked)
    guests = try reader.optionalList("guests", maximum: Limits.recipientsPerRequest)?
      .map(InviteAction.Recipient.init)
    agreedWithPatient = try reader.optionalBool("agreed_with_patient")
  }
  /// One as `patient`, or a child's profiles as `patients`.
  private static func readPatients(
    _ reader: ParameterReader
  ) throws(SignalingError) -> [PatientParameters]? {
    guard let one = try reader.nested("patient") else {
      return try reader.optionalList("patients", maximum: Limits.proxiesPerVisit)?
        .map(PatientParameters.init)
    }
    guard !reader.has("patients") else {
      throw reader.bad("patients", "too_many", "is not given beside patient")
    }
    return [try PatientParameters(one)]
  }
}

extension PersonParameters {
  init(_ reader: ParameterReader) throws(SignalingError) {
    path = reader.ownPath
    person = try reader.optionalIdentifier("person", PersonID.self)
    name = try reader.optionalName("name", maximumBytes: Limits.nameBytes)
    phone = try reader.optionalName("phone", maximumBytes: Limits.nameBytes)
    email = try reader.optionalName("email", maximumBytes: Limits.nameBytes)
  }
}

extension PatientParameters {
  init(_ reader: ParameterReader) throws(SignalingError) {
    person = try PersonParameters(reader)
    patient = Patient(
      profile: try reader.optionalWord("profile", Patient.Profile.self) ?? .own,
      ageBand: try reader.optionalWord("age_band", Patient.AgeBand.self) ?? .adult)
  }
}
