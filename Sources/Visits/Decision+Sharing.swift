extension Decision {
  /// Shares a screen, beside the camera or in its place as the clinic says. Sharing again says
  /// anew whether there is sound.
  mutating func startSharing(on device: Device, audio: Bool) throws(Refusal) {
    let own = try own()
    guard clinic.settings.letsShare(own.role) else { throw Refusal(.shareNotEnabled) }
    if own.role != .staff {
      guard device == .computer else { throw Refusal(.computerRequired, field: "device") }
    }
    let sharing = Sharing(audio: audio, replacesCamera: clinic.settings.shareReplacesCamera)
    if own.sharing != sharing { record(.sharingStarted(own.id, sharing)) }
  }

  /// Shares no more; nothing to do where nothing is shared.
  mutating func stopSharing() throws(Refusal) {
    let own = try own()
    if own.sharing != nil { record(.sharingStopped(own.id)) }
  }
}
