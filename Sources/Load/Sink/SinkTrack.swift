import Primitives
import Wire

/// What a participant of a sink publishes from one device: packets of one size at a fixed rate.
public struct SinkTrack: Hashable, Sendable {
  /// The device that it claims to come from: microphone or camera.
  public var source: MediaSource
  /// Packets a second.
  public var rate: Int
  /// Bytes of payload in each, 48...1,200.
  public var payloadBytes: Int
  /// Packets that have one timestamp, 1...16.
  public var packetsPerFrame: Int
  /// Whether the packets of a frame are sent one by one, the time between all packets the same;
  /// otherwise they are sent at once.
  public var isPaced: Bool

  /// Joins the parts.
  public init(
    source: MediaSource, rate: Int, payloadBytes: Int, packetsPerFrame: Int = 1,
    isPaced: Bool = false
  ) {
    precondition(rate > 0 && (48...1_200).contains(payloadBytes))
    precondition((1...SinkOutbox.packets).contains(packetsPerFrame))
    self.source = source
    self.rate = rate
    self.payloadBytes = payloadBytes
    self.packetsPerFrame = packetsPerFrame
    self.isPaced = isPaced
  }

  /// Packets that are sent at once.
  var packetsAtOnce: Int { isPaced ? 1 : packetsPerFrame }

  /// Time from one sending to the next.
  public var interval: Duration { .seconds(1) * packetsAtOnce / rate }
}
