import Primitives

/// Something about a booking that staff should know of. The visit stands all the same.
public struct BookingWarning: Equatable, Sendable {
  /// What it is.
  public enum Code: String, Sendable, CaseIterable {
    /// A member of its staff has another visit at the same time.
    case staffOverlap = "staff_overlap"
    /// The patient has another visit at the same time.
    case patientOverlap = "patient_overlap"
    /// The visit's people do not fit its type.
    case typeMismatch = "type_mismatch"
  }

  /// What it is.
  public var code: Code
  /// The argument that it is about: `staff`, `patient` or `type`.
  public var field: String
  /// Who has another visit.
  public var person: PersonID?
  /// The other visit.
  public var visit: VisitID?
  /// The type of visit that would fit; nil where the clinic has none.
  public var fits: String?

  /// How long a visit is taken to last of which no end is said.
  public static let assumedLength = Duration.minutes(30)
}

extension VisitLedger {
  /// What staff should know of a visit that has been booked or changed: overlaps of its staff and
  /// its patient, in the order of the persons, and a type that does not fit.
  public func warnings(for id: VisitID) -> [BookingWarning] {
    guard let visit = visits[id], let clinic = clinics[visit.clinic], visit.isOpen else {
      return []
    }
    var warnings: [BookingWarning] = []
    for (person, role) in visit.booked.sorted(by: { $0.key < $1.key })
    where role == .staff || role == .patient {
      for other in visits(of: person, in: visit.clinic, where: visit.overlaps) {
        // A person is the same in another visit, whatever their role there.
        warnings.append(
          BookingWarning(
            code: role == .staff ? .staffOverlap : .patientOverlap,
            field: role == .staff ? "staff" : "patient", person: person, visit: other.id))
      }
    }
    if let type = clinic.settings.visitType(visit.type), !visit.fits(type) {
      let fits = clinic.settings.visitTypes.first(where: visit.fits)
      warnings.append(BookingWarning(code: .typeMismatch, field: "type", fits: fits?.name))
    }
    return warnings
  }
}

extension Visit {
  /// Whether both are to come or under way, and their times meet.
  fileprivate func overlaps(_ other: Visit) -> Bool {
    guard id != other.id, isOpen, other.isOpen, let span, let others = other.span else {
      return false
    }
    return span.lowerBound < others.upperBound && others.lowerBound < span.upperBound
  }

  private var span: Range<WallTime>? {
    guard let scheduled else { return nil }
    return scheduled..<max(scheduled, ends ?? scheduled + BookingWarning.assumedLength)
  }

  /// Whether the visit's people fit a type.
  fileprivate func fits(_ type: VisitType) -> Bool {
    let proxies = booked.values.count { $0 == .proxy }
    return proxies <= type.proxies
      && (proxies == 0 || type.childMayBeJoined || !childActsAlone)
  }
}
