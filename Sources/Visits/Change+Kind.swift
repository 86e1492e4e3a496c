extension Change {
  /// Whether the event is kept in the log.
  public var isDurable: Bool {
    switch self {
    case .devicesChanged, .sharingStarted, .sharingStopped, .chatSent, .disconnected,
      .reconnected:
      false
    default: true
    }
  }

  /// Whether the event changes a visit's booking, and with it the visit's version.
  var isOfBooking: Bool {
    switch self {
    case .detailsRecorded, .visitReclassified, .visitRescheduled, .attendeeBooked,
      .attendeeReleased, .visitStarted, .visitCancelled, .visitClosed, .responsibleChanged,
      .inviteCreated, .inviteRevoked, .inviteMoved, .inviteRotated:
      true
    default: false
    }
  }

  /// Whether the effect waits until the event is on disk.
  public var givesAccess: Bool {
    switch self {
    // A message is no access: it goes out when it is on disk, whatever waits for it.
    case .messageQueued, .messageSettled, .inviteOpened, .attendeeReleased, .inviteRotated:
      false
    case .visitCancelled, .visitClosed, .visitForgotten, .inviteRevoked, .staffLost, .callEnded,
      .requestAnswered,
      .held, .departed, .muted, .feedbackGiven:
      false
    default: isDurable
    }
  }
}
