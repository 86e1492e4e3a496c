import Primitives

/// How somebody rates the technical quality of a call.
public struct FeedbackParameters: Equatable, Sendable {
  /// The scale that the answer is on.
  public enum Scale: String, Sendable, CaseIterable {
    /// Whether there were technical problems.
    case yesNo = "yes_no"
    /// From 1, very bad, to 5, excellent.
    case fiveGrades = "five_grades"
  }

  /// The answer.
  public enum Rating: Equatable, Sendable {
    /// Whether there were technical problems.
    case yesNo(hadProblems: Bool)
    /// From 1, very bad, to 5, excellent.
    case fiveGrades(Int)
  }

  /// The answer.
  public var rating: Rating
  /// More about it, at most `Limits.feedbackBytes` bytes.
  public var details: Redacted<String>?

  init(_ reader: ParameterReader) throws(SignalingError) {
    rating =
      switch try reader.word("scale", Scale.self) {
      case .yesNo: .yesNo(hadProblems: try reader.bool("had_problems"))
      case .fiveGrades: .fiveGrades(try reader.count("grade", 1...5))
      }
    details = try reader.optionalText("details", maximumBytes: Limits.feedbackBytes)
  }
}
