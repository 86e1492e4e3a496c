import Primitives

/// A tenant: its visits are seen by nobody of another clinic.
public struct Clinic: Equatable, Sendable {
  /// The clinic's identifier.
  public let id: ClinicID
  /// The name that everybody who knocks is shown. It is public, not personal.
  public var name: String
  /// What the clinic has decided for itself.
  public var settings: ClinicSettings
  /// Who works here, and where.
  public var directory = StaffDirectory()

  /// Joins the parts.
  public init(id: ClinicID, name: String, settings: ClinicSettings) {
    self.id = id
    self.name = name
    self.settings = settings
  }
}
