import Primitives

/// What sound is in this project: one channel at 48 kHz, in pieces of 20 ms.
public enum SoundFormat {
  /// Samples a second.
  public static let rate = 48_000
  /// Samples in one packet of a `SoundEncoder`.
  public static let packetSamples = 960
  /// How long one packet of a `SoundEncoder` plays.
  public static let packetDuration = Duration.milliseconds(20)
}
