/// What the rules about children need to know of a patient. The clinic's own systems say it; we
/// are told no birth date.
public struct Patient: Equatable, Sendable {
  /// How the patient's profile came to be.
  public enum Profile: String, Sendable, CaseIterable {
    /// The patient's own.
    case own
    /// Made by a proxy, who acts in it.
    case throughProxy = "through_proxy"
  }

  /// How old the patient is, as far as the rules ask.
  public enum AgeBand: String, Sendable, CaseIterable {
    /// Under 13, where the clinic has not said otherwise.
    case child
    /// Not a child and not an adult.
    case youth
    /// From 18, where the clinic has not said otherwise.
    case adult
  }

  /// How the profile came to be.
  public var profile: Profile
  /// How old the patient is.
  public var ageBand: AgeBand

  /// An adult with an own profile, unless said otherwise.
  public init(profile: Profile = .own, ageBand: AgeBand = .adult) {
    self.profile = profile
    self.ageBand = ageBand
  }

  /// Whether the patient is under age.
  public var isUnderAge: Bool { ageBand != .adult }

  /// Whether the patient may be in a call only together with a proxy.
  public var needsProxy: Bool { profile == .throughProxy && isUnderAge }
}
