/// What a client runs on, as it says itself.
public enum Device: String, Sendable, CaseIterable {
  case computer
  case phone
  case tablet
}

/// A screen that a participant shares: a tab, a window or all of it.
public struct Sharing: Hashable, Sendable {
  /// Whether its sound is shared with it.
  public var audio: Bool
  /// Whether it stands in the camera's place. The person's own switch stays as it was, so that
  /// the camera comes back by itself, if it was on, when the sharing ends.
  public var replacesCamera: Bool

  /// Joins the parts.
  public init(audio: Bool, replacesCamera: Bool = false) {
    self.audio = audio
    self.replacesCamera = replacesCamera
  }
}
