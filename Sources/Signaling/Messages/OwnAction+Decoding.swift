import Primitives
import Visits
import Wire

extension OwnAction {
  /// Reads the arguments of a method about oneself; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    switch method {
    case .selfUpdate: self = .update(try SelfUpdate(reader))
    case .shareStart: self = .startSharing(audio: try reader.optionalBool("audio") ?? false)
    case .shareStop: self = .stopSharing
    case .pinSet: self = .setPins(try Self.readPins(reader))
    case .viewSet: self = .setView(try Self.readView(reader))
    case .chatSend: self = .chat(try reader.text("text", maximumBytes: Limits.chatBytes))
    case .feedbackSubmit: self = .rate(try Feedback(reader))
    default: return nil
    }
  }

  private static func readPins(_ reader: ParameterReader) throws(SignalingError) -> [Pin] {
    var pins: [Pin] = []
    for entry in try reader.list("pins", maximum: Limits.mediaSections) {
      let participant = try entry.identifier("participant", ParticipantID.self)
      let source = try entry.word("source", MediaSource.self)
      guard source.kind == .video else {
        throw entry.bad("source", "unknown_value", "is a camera or a screen")
      }
      pins.append(Pin(participant: participant, source: source))
    }
    return pins
  }

  private static func readView(_ reader: ParameterReader) throws(SignalingError) -> [SeatView] {
    var view: [SeatView] = []
    for entry in try reader.list("seats", maximum: Limits.mediaSections) {
      view.append(
        SeatView(
          seat: try entry.count("seat", 0...Limits.mediaSections),
          maximumWidth: try entry.count("max_width", 0...16_384),
          maximumHeight: try entry.count("max_height", 0...16_384),
          priority: try entry.optionalCount("priority", 0...100) ?? 0))
    }
    return view
  }
}

extension SelfUpdate {
  init(_ reader: ParameterReader) throws(SignalingError) {
    self.init(
      microphone: try reader.optionalBool("microphone"),
      camera: try reader.optionalBool("camera"),
      handRaised: try reader.optionalBool("hand_raised"),
      name: try reader.optionalName("name", maximumBytes: Limits.nameBytes))
  }
}
