import Primitives
import Visits
import Wire

extension MediaAction {
  /// Reads the arguments of a method about media; nil for another method.
  init?(_ method: SignalingMethod, _ reader: ParameterReader) throws(SignalingError) {
    switch method {
    case .mediaNegotiate: self = .negotiate(try MediaOffer(reader))
    case .mediaRestart: self = .restart(try MediaOffer(reader))
    case .mediaReport: self = .report(try QualityReport(reader))
    case .seatsAcknowledge:
      self = .acknowledgeSeats(try Self.readAcknowledgements(reader))
    case .probeStart: self = .probe(try MediaOffer(reader))
    default: return nil
    }
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

extension QualityReport {
  init(_ reader: ParameterReader) throws(SignalingError) {
    let span = 0...Int(Limits.reportedSpan.milliseconds)
    roundTrip = try reader.optionalCount("round_trip_ms", span)
    lossReceiving = try reader.optionalCount("loss_receiving_permille", 0...1_000)
    lossSending = try reader.optionalCount("loss_sending_permille", 0...1_000)
    frozen = try reader.optionalCount("frozen_ms", span)
    concealed = try reader.optionalCount("concealed_ms", span)
  }
}
