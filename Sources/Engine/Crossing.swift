import Relay
import Wire

/// What goes from one worker to another where a call has more people than one worker carries.
///
/// The publisher's own worker asks it for what is lost and for key frames, and passes on what it
/// has accepted; on each other worker of the call a mirror stands for the publisher.
public struct Crossing: BitwiseCopyable, Sendable {
  /// What it is about.
  public enum Content: BitwiseCopyable, Sendable {
    /// A clear RTP packet of the publisher, accepted by its own worker.
    case rtp(AcceptedPacket)
    /// A clear RTCP packet of the publisher, for its sender reports.
    case rtcp
    /// On the way back, without bytes: somebody needs a key frame.
    case keyFrameWanted(MediaSource, layer: UInt8)
  }

  /// The publisher.
  public var publisher: PeerNumber
  /// What there is of it.
  public var content: Content
}
