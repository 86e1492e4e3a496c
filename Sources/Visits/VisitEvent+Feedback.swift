import Primitives

extension Feedback {
  /// The form in the log.
  var encoded: JSON {
    let answer: (name: String, value: JSON) =
      switch rating {
      case .hadProblems(let had): ("had_problems", .bool(had))
      case .grade(let grade): ("grade", .integer(Int64(grade.rawValue)))
      }
    var members = [JSON.Member(answer.name, answer.value)]
    members.append(.init("details", .array(details.sorted().map { .string($0.rawValue) })))
    if let measured { members.append(.init("measured", measured.encoded)) }
    return .object(members)
  }

  /// Reads the form in the log.
  init(_ reader: EventReader) throws(EventError) {
    let rating: Rating
    if let number = try reader.optional("grade", reader.integer) {
      guard let grade = Grade(rawValue: Int(number)) else {
        throw EventError(reason: "`grade` is not one of the five")
      }
      rating = .grade(grade)
    } else {
      rating = .hadProblems(try reader.bool("had_problems"))
    }
    self.init(
      rating, details: Set(try reader.words("details")),
      measured: try reader.payload["measured"] == nil
        ? nil : MeasuredQuality(reader.object("measured")))
  }
}

extension MeasuredQuality {
  fileprivate var encoded: JSON {
    .compact([
      "round_trip_ms": roundTrip.map { .integer($0.milliseconds) },
      "loss_receiving": lossReceiving.map { .integer(Int64($0)) },
      "loss_sending": lossSending.map { .integer(Int64($0)) },
      "frozen_ms": frozen.map { .integer($0.milliseconds) },
      "concealed_ms": concealed.map { .integer($0.milliseconds) },
    ])
  }

  fileprivate init(_ reader: EventReader) throws(EventError) {
    self.init()
    roundTrip = try reader.optional("round_trip_ms", reader.span)
    lossReceiving = try reader.optional("loss_receiving", reader.integer).map { Int($0) }
    lossSending = try reader.optional("loss_sending", reader.integer).map { Int($0) }
    frozen = try reader.optional("frozen_ms", reader.span)
    concealed = try reader.optional("concealed_ms", reader.span)
  }
}
