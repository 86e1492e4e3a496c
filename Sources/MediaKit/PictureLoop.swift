import Primitives

/// Some seconds of test pictures that are encoded once, and sent round and round by many.
///
/// Frame `n` shows the test picture of number `n`. It starts with a key frame and has one at
/// least every second, and each of these can be jumped to: a sender that is asked for a key frame
/// goes on at `nextKeyFrame(from:)`.
public struct PictureLoop: Sendable {
  /// Whom the pictures name.
  public let identity: UInt16
  /// How they were encoded.
  public let settings: PictureEncoder.Settings
  /// The frames, in order; behind the last comes the first.
  public let frames: [EncodedPicture]

  /// Draws and encodes at least one picture, and as many as `duration` takes.
  public init(
    identity: UInt16, settings: PictureEncoder.Settings, duration: Duration = .seconds(4)
  ) throws(CodecError) {
    let encoder = try PictureEncoder(settings)
    let count = max(1, Int(duration.ticks(at: settings.framesPerSecond)))
    var picture = Picture(width: settings.width, height: settings.height)
    var frames: [EncodedPicture] = []
    for number in 0..<count {
      TestPicture.draw(
        TestStamp(identity: identity, number: UInt32(number)), into: &picture)
      frames.append(
        try encoder.encode(picture, asKeyFrame: number % settings.framesPerSecond == 0))
    }
    self.identity = identity
    self.settings = settings
    self.frames = frames
  }

  /// The place of the first key frame at `place` or behind it; past the end it starts anew.
  public func nextKeyFrame(from place: Int) -> Int {
    frames[min(place, frames.count)...].firstIndex { $0.isKeyFrame } ?? 0
  }

  /// How long it takes to play once.
  public var duration: Duration {
    .ticks(Int64(frames.count), at: settings.framesPerSecond)
  }
}
