import Primitives
import Security
import Visits
import Wire

/// What the control plane is told at start.
public struct ControlConfiguration: Sendable {
  /// A key that signs tokens, and the one clinic that they may be for.
  public struct ClinicKey: Sendable {
    /// The clinic.
    public var clinic: ClinicID
    /// The key.
    public var key: JWTKey

    /// Joins the two.
    public init(clinic: ClinicID, key: JWTKey) {
      self.clinic = clinic
      self.key = key
    }
  }

  /// The keys that tokens may be signed with.
  public var keys: [ClinicKey]
  /// The secrets behind links; kept outside the store.
  public var links: LinkSecrets
  /// For each worker, the addresses that clients reach it at.
  public var candidates: [[NetworkAddress]]
  /// Peers that one worker takes; those who come to a call beyond it are put on another.
  public var peersPerWorker = Limits.peersPerWorker
  /// The certificate that workers show in their handshakes.
  public var fingerprint: Fingerprint
  /// From which level on the daemon logs at start.
  public var logLevel: LogLevel
  /// Where pages are served, without a slash at the end: what links begin with.
  public var pages: String
  /// The channels by which messages go out; those by others are only kept.
  public var channels: Set<OutgoingMessage.Channel> = []

  /// Joins the parts; at least one worker.
  public init(
    keys: [ClinicKey], links: LinkSecrets, candidates: [[NetworkAddress]],
    fingerprint: Fingerprint, logLevel: LogLevel = .info, pages: String = ""
  ) {
    precondition(!candidates.isEmpty, "a control plane without workers")
    self.keys = keys
    self.links = links
    self.candidates = candidates
    self.fingerprint = fingerprint
    self.logLevel = logLevel
    self.pages = pages
  }
}
