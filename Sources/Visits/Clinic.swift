import Primitives

/// A tenant: its visits are seen by nobody of another clinic.
public struct Clinic: Equatable, Sendable {
  /// The clinic's identifier.
  public let id: ClinicID
  /// The name that everybody who knocks is shown. It is public, not personal.
  public var name: String
  /// What the clinic has decided for itself.
  public var settings: ClinicSettings

  /// Joins the parts.
  public init(id: ClinicID, name: String, settings: ClinicSettings) {
    self.id = id
    self.name = name
    self.settings = settings
  }
}

/// Who may come in without being let in one by one. The policy caps what tokens and links claim.
public enum LobbyPolicy: String, Sendable, CaseIterable {
  /// Everybody but staff waits.
  case everyone
  /// Who comes by a link waits; who was called by a request comes straight in.
  case links
  /// Who comes by the general link waits; personal links come straight in.
  case generalLink = "general_link"
  /// Everybody with a valid link comes straight in; second openings of a personal link wait.
  case off
}

/// How the technical quality of a call is rated.
public enum RatingScale: String, Sendable, CaseIterable {
  /// Whether there were technical problems.
  case yesNo = "yes_no"
  /// Mycket dålig, Dålig, Medel, Bra, Utmärkt.
  case fiveGrades = "five_grades"
}

/// What a clinic decides for itself.
public struct ClinicSettings: Equatable, Sendable {
  /// Who waits in the lobby.
  public var lobby: LobbyPolicy
  /// How long a call goes on without staff before it ends.
  public var waitsForStaff: Duration
  /// How long a call request rings.
  public var rings: Duration
  /// Whether staff of the visit's unit can take part without having been added.
  public var sameUnitMayJoin: Bool
  /// Whether guests see the names of patient and proxies, or the word for their role.
  public var guestsSeePatientName: Bool
  /// The roles beside staff that may share a screen; staff always may.
  public var sharing: Set<Role>
  /// Whether a shared screen stands in the camera's place.
  public var shareReplacesCamera: Bool
  /// Whether the patient has to agree before others than the booked ones take part.
  public var consentRequired: Bool
  /// How calls are rated.
  public var ratingScale: RatingScale
  /// Whether patients and proxies rate calls too.
  public var patientsRate: Bool

  /// The defaults are the strictest choice of each.
  public init(
    lobby: LobbyPolicy = .everyone, waitsForStaff: Duration = .minutes(10),
    rings: Duration = .seconds(60), sameUnitMayJoin: Bool = false,
    guestsSeePatientName: Bool = false, sharing: Set<Role> = [],
    shareReplacesCamera: Bool = false, consentRequired: Bool = false,
    ratingScale: RatingScale = .yesNo, patientsRate: Bool = false
  ) {
    self.lobby = lobby
    self.waitsForStaff = waitsForStaff
    self.rings = rings
    self.sameUnitMayJoin = sameUnitMayJoin
    self.guestsSeePatientName = guestsSeePatientName
    self.sharing = sharing
    self.shareReplacesCamera = shareReplacesCamera
    self.consentRequired = consentRequired
    self.ratingScale = ratingScale
    self.patientsRate = patientsRate
  }
}
