/// A client's rule for one seat: what name stands beside the picture that a frame brings.
///
/// A change of the seat makes its tile blank and nameless at once. After a change to somebody, the
/// tile shows picture and name together from the first frame whose RTP timestamp is at or after
/// `video_from`; frames before it are the last occupant's. A change to nobody is acknowledged, and
/// only then does the server seat another.
public struct SeatView: Hashable, Sendable {
  /// The count of changes that the client has been told of.
  public private(set) var epoch: UInt64 = 0
  /// Who sits here, as the server told.
  public private(set) var participant: String?
  /// Whether the tile shows a picture and a name.
  public private(set) var isShown = false
  private var videoFrom: UInt32 = 0

  /// A seat that nobody has sat on.
  public init() {}

  /// Takes in an entry of `seats.changed`; one that is not newer than the last changes nothing.
  /// Returns whether the client has to acknowledge this epoch.
  public mutating func change(epoch: UInt64, participant: String?, videoFrom: UInt32?) -> Bool {
    guard epoch > self.epoch else { return false }
    self.epoch = epoch
    self.participant = participant
    self.videoFrom = videoFrom ?? 0
    isShown = false
    return participant == nil
  }

  /// Takes in a frame that is on the screen now, and returns the name that stands beside it; nil
  /// where the tile hides it.
  public mutating func present(rtpTimestamp: UInt32) -> String? {
    guard participant != nil else { return nil }
    // Timestamps are ordered modulo 2^32 (RFC 3550 section 5.1).
    if !isShown { isShown = Int32(bitPattern: rtpTimestamp &- videoFrom) >= 0 }
    return isShown ? participant : nil
  }
}
