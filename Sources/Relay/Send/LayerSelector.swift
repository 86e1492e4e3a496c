/// Names a received stream at one time: a layer of a track, and how often the layer had begun
/// anew (another SSRC, or a jump of its sequence).
struct LayerVersion: Equatable {
  /// The simulcast layer, 0 the lowest.
  var layer: UInt8
  /// Counts the layer's beginnings.
  var version: UInt32
}

/// Decides, packet by packet, which of a track's layers goes out on a send stream (W1).
///
/// It follows the best layer that the track has and the viewer wants, and changes over only where that layer
/// can be decoded from: at a key frame of video, anywhere in audio.
struct LayerSelector {
  /// What is to be done with a packet.
  enum Decision {
    case forward
    /// The packet is the first of a layer that was not sent before it.
    case start
    /// Its layer is not the one that is sent.
    case notSelected
    /// Its layer is wanted, but cannot be decoded from here.
    case awaitKeyFrame
  }

  /// The layer that goes out; nil while nothing does.
  private(set) var current: LayerVersion?

  /// Starts with nothing going out.
  init() {}

  /// Judges a packet of `candidate`, where `best` is the one to be sent; an entry is a packet
  /// from which the layer can be decoded.
  func decide(_ candidate: LayerVersion, best: UInt8, isEntry: Bool) -> Decision {
    if candidate == current { return .forward }
    guard candidate.layer == best else { return .notSelected }
    return isEntry ? .start : .awaitKeyFrame
  }

  /// Changes over to a layer.
  mutating func start(_ layer: LayerVersion) { current = layer }

  /// Lets nothing out until the next entry point.
  mutating func stop() { current = nil }
}
