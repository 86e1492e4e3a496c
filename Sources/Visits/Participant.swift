import Primitives

/// Where somebody is, seen from a visit.
public enum Place: String, Sendable, CaseIterable {
  /// Not here.
  case out
  /// Waiting until staff lets them in.
  case lobby
  /// In the call.
  case call
}

/// One person's presence in a visit: from the knock until they leave, across reconnects.
public struct Participant: Equatable, Sendable {
  /// The participant's identifier.
  public let id: ParticipantID
  /// Who it is; the name is in the visit's people.
  public let person: PersonID
  /// What the person is in the visit.
  public let role: Role
  /// What a guest is there for.
  public let kind: GuestKind?
  /// How we know who it is.
  public let identifiedBy: Identification
  /// The link by which the person came, if by one.
  public let invite: InviteID?
  /// When the person knocked, or was sent back to the lobby.
  public var since: WallTime
  /// The recorded act that lets the person be in the call; nil: waits in the lobby.
  public var admission: Admission?
  /// Whether only an admit by staff lets this one in, whatever the policy: a second opening, one
  /// that was held, or a token that asks for the lobby.
  public var mustWait: Bool
  /// What the person has switched on.
  public var devices = Devices()
  /// The screen that the person shares.
  public var sharing: Sharing?
  /// Why the person was sent back to the lobby; nil: was not.
  public var heldBecause: HoldReason?
  /// Whether staff has muted the microphone. Not the same as switching it off oneself.
  public var isMutedByStaff = false
  /// Whether the person's session is there.
  public var connection: Connection = .connected

  /// The link by which the person came, if as one whom it is for.
  var recipientsInvite: InviteID? { identifiedBy == .unverified ? nil : invite }
  /// Where the participant is; never `out`.
  public var place: Place { admission == nil ? .lobby : .call }
  /// Whether the microphone is to be heard: on, not muted by staff, and in the call.
  public var isAudible: Bool { devices.microphone && !isMutedByStaff && place == .call }
  /// Whether the camera is to be seen: on, no screen in its place, and in the call.
  public var isVisible: Bool { shownDevices.camera && place == .call }
  /// The devices as others see them: no camera while a screen stands in its place.
  public var shownDevices: Devices {
    var shown = devices
    if sharing?.replacesCamera == true { shown.camera = false }
    return shown
  }
}

/// The recorded act by which somebody is in a call.
public struct Admission: Equatable, Sendable {
  /// What the entry rests on.
  public enum Ground: String, Sendable, CaseIterable {
    /// Staff of the clinic with a right to the visit.
    case staff
    /// Staff in the call admitted this person.
    case admitted
    /// Staff rang this person, and the clinic's policy lets that suffice.
    case requested
    /// The booking or a link that staff made, and the clinic's policy lets that suffice.
    case booked
  }

  /// What the entry rests on.
  public var ground: Ground
  /// Whose act it was.
  public var by: Author
  /// When the person was let in.
  public var at: WallTime

  /// Joins the parts.
  public init(ground: Ground, by: Author, at: WallTime) {
    self.ground = ground
    self.by = by
    self.at = at
  }
}

/// What a participant says about their own devices; the relay enforces the first two.
public struct Devices: Hashable, Sendable {
  /// Whether the microphone is on.
  public var microphone: Bool
  /// Whether the camera is on.
  public var camera: Bool
  /// Whether the hand is raised.
  public var handRaised: Bool

  /// Everything off, unless said otherwise.
  public init(microphone: Bool = false, camera: Bool = false, handRaised: Bool = false) {
    self.microphone = microphone
    self.camera = camera
    self.handRaised = handRaised
  }
}

/// Whether a participant's session is there.
public enum Connection: Equatable, Sendable {
  case connected
  /// The session is lost; the place is kept until the deadline.
  case reconnecting(until: Instant)
}

/// Why somebody is back in the lobby.
public enum HoldReason: String, Sendable, CaseIterable {
  /// Staff held them.
  case staff
  /// A child whose last proxy is no longer in the call.
  case noProxy = "no_proxy"
}

/// Why somebody is no longer a participant.
public enum Departure: String, Sendable, CaseIterable {
  /// By their own wish.
  case left
  /// Lost, and not back in `Limits.resumeWindow`.
  case lost
  /// Staff removed them.
  case removed
  /// Staff did not let them in.
  case denied
  /// The link by which they came was taken back.
  case revoked = "invite_revoked"
  /// The call ended.
  case callEnded = "call_ended"
  /// The visit was closed or cancelled while they waited.
  case visitClosed = "visit_closed"
}
