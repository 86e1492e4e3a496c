import Primitives
import Visits
import Wire

extension Request {
  /// Reads the arguments of a method. What the method does not know is left aside, so that newer
  /// clients can say more.
  public init(_ method: SignalingMethod, params: JSON) throws(SignalingError) {
    let reader = ParameterReader(params)
    func participant() throws(SignalingError) -> ParticipantID {
      try reader.identifier("participant", ParticipantID.self)
    }
    switch method {
    case .sessionOpen: self = .openSession(try SessionOpening(reader))
    case .callStart: self = .startCall(try reader.optionalIdentifier("visit", VisitID.self))
    case .callJoin: self = .joinCall(try reader.optionalIdentifier("visit", VisitID.self))
    case .callLeave: self = .leaveCall
    case .callEnd: self = .endCall
    case .callAccept: self = .acceptCall
    case .callDecline: self = .declineCall
    case .lobbyAdmit: self = .admit(try participant())
    case .lobbyAdmitAll: self = .admitAll
    case .lobbyDeny: self = .deny(try participant())
    case .participantHold: self = .hold(try participant())
    case .participantRemove: self = .remove(try participant())
    case .participantMute: self = .mute(try participant(), try reader.bool("muted"))
    case .selfUpdate: self = .updateSelf(try SelfUpdate(reader))
    case .pinSet: self = .setPins(try Self.readPins(reader))
    case .mediaNegotiate: self = .negotiate(try MediaOffer(reader))
    case .seatsAcknowledge: self = .acknowledgeSeats(try Self.readAcknowledgements(reader))
    }
  }

  private static func readPins(_ reader: ParameterReader) throws(SignalingError) -> [Pin] {
    var pins: [Pin] = []
    for entry in try reader.list("pins", maximum: Limits.mediaSections) {
      let participant = try entry.identifier("participant", ParticipantID.self)
      let source = try entry.word("source", MediaSource.self)
      guard source.kind == .video else {
        throw .badArgument("pins", "unknown_value", "what is pinned is a camera or a screen")
      }
      pins.append(Pin(participant: participant, source: source))
    }
    return pins
  }

  private static func readAcknowledgements(
    _ reader: ParameterReader
  ) throws(SignalingError) -> [SeatAcknowledgement] {
    var list: [SeatAcknowledgement] = []
    for entry in try reader.list("seats", maximum: Limits.mediaSections) {
      let seat = Int(clamping: try entry.count("seat"))
      list.append(SeatAcknowledgement(seat: seat, epoch: UInt64(try entry.count("epoch"))))
    }
    return list
  }
}

extension SessionOpening {
  init(_ reader: ParameterReader) throws(SignalingError) {
    let ways = ["token", "invite", "resume"].filter(reader.has)
    guard ways.count == 1 else {
      throw .badArgument(
        "token", ways.isEmpty ? "missing" : "too_many", "one of token, invite and resume is needed")
    }
    if let token = try reader.optionalString("token", maximumBytes: 4_096) {
      credential = .token(Redacted(token))
    } else if let secret = try reader.optionalString("invite", maximumBytes: 256) {
      credential = .invite(
        Redacted(secret), name: try reader.optionalName("name", maximumBytes: Limits.nameBytes))
    } else if let resume = try reader.nested("resume") {
      credential = .resume(
        session: try resume.identifier("session", SessionID.self),
        secret: Redacted(try resume.string("secret", maximumBytes: 256)),
        sequence: UInt64(try resume.count("seq")))
    } else {
      throw .badArgument("resume", "missing", "one of token, invite and resume is needed")
    }
    client = try ClientDescription(reader.nested("client"))
  }
}

extension ClientDescription {
  init(_ reader: ParameterReader?) throws(SignalingError) {
    guard let reader else { return }
    name = try reader.optionalName("name", maximumBytes: 64)?.value
    version = try reader.optionalName("version", maximumBytes: 64)?.value
    if reader.has("device") { device = try reader.word("device", Device.self) }
    language = try reader.optionalName("language", maximumBytes: 35)?.value
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

extension MediaOffer {
  init(_ reader: ParameterReader) throws(SignalingError) {
    offer = try reader.string("offer", maximumBytes: Limits.sessionDescriptionBytes)
    tracks = []
    for entry in try reader.list("tracks", maximum: Limits.mediaSections) {
      tracks.append(
        MediaNegotiator.TrackRequest(
          mid: try entry.string("mid", maximumBytes: 16),
          source: try entry.word("source", MediaSource.self)))
    }
    seats = []
    for entry in try reader.list("seats", maximum: Limits.mediaSections) {
      seats.append(
        MediaNegotiator.SeatRequest(
          kind: try entry.word("kind", SeatKind.self),
          audioMID: try entry.optionalString("audio_mid", maximumBytes: 16),
          videoMID: try entry.optionalString("video_mid", maximumBytes: 16)))
    }
  }
}
