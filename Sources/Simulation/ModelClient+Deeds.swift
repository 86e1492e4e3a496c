import PeerClient
import Primitives

extension ModelClient {
  /// Does what the person wants to do now.
  func perform(_ kind: Scenario.Deed.Kind, now: Instant) {
    let others = roster.filter { $0 != participant }
    let target = others.randomElement(using: &random).map { JSON.string($0) }
    switch kind {
    case .leave:
      wantsCall = false
      request("call.leave")
    case .come:
      wantsCall = true
      enter(now: now)
    case .pinNext:
      guard !others.isEmpty else { return }
      pinned = (pinned + 1) % others.count
      request(
        "pin.set",
        ["pins": [["participant": .string(others[pinned]), "source": "camera"]]])
    case .toggleMicrophone, .toggleCamera:
      if kind == .toggleCamera { camera.toggle() } else { microphone.toggle() }
      tellDevices()
      publishAsAllowed(now: now)
    case .holdSomebody: if let target { request("participant.hold", ["participant": target]) }
    case .removeSomebody: if let target { request("participant.remove", ["participant": target]) }
    case .muteSomebody:
      if let target { request("participant.mute", ["participant": target, "muted": true]) }
    case .checkPath:
      media?.checkPath(now: now)
      drainMedia()
    case .loseSignaling, .rebind, .losePath, .healPath: break
    }
  }

  /// Switches microphone and camera on.
  func switchOn(now: Instant) {
    microphone = true
    camera = true
    tellDevices()
    publishAsAllowed(now: now)
  }

  func tellDevices() {
    request("self.update", ["microphone": .bool(microphone), "camera": .bool(camera)])
  }

  /// Staff lets in whoever waits.
  func admitAll() {
    guard person.role == .staff, place == .call else { return }
    request("lobby.admit_all")
  }
}
