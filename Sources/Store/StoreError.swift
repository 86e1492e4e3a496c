/// Why the store could not do what it was asked to.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Reason: String, Sendable, CaseIterable {
    /// The file cannot be opened or made.
    case cannotOpen = "cannot_open"
    /// Others than the service's user can read the file, or it belongs to somebody else.
    case exposed
    /// The file is a database of something else, or of a newer version of this program.
    case foreign
    /// What is stored is damaged.
    case corrupt
    /// The audit log is not what its head and its chain say: somebody has changed it.
    case broken = "audit_broken"
    /// No room on the disk: nothing of the batch is stored.
    case full
    /// Another process holds the database.
    case busy
    /// The disk or the database failed: nothing of the batch is stored.
    case failed
  }

  /// What kind of failure it is.
  public var reason: Reason
  /// What happened, for the operator; never holds what was to be stored.
  public var message: String

  /// Joins the parts.
  public init(reason: Reason, message: String) {
    self.reason = reason
    self.message = message
  }

  /// The reason with what happened.
  public var description: String { "\(reason.rawValue): \(message)" }
}
