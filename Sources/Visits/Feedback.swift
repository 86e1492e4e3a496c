import Primitives

/// How somebody found a call, technically. Words from fixed lists alone: nothing personal.
public struct Feedback: Equatable, Sendable {
  /// The answer, on one of the two scales.
  public enum Rating: Hashable, Sendable {
    /// Whether there were technical problems.
    case hadProblems(Bool)
    /// A grade.
    case grade(Grade)
  }

  /// The five grades, from 1 to 5: Mycket dålig, Dålig, Medel, Bra, Utmärkt.
  public enum Grade: Int, Sendable, CaseIterable {
    case veryBad = 1
    case bad
    case medium
    case good
    case excellent
  }

  /// What was wrong.
  public enum Detail: String, Sendable, CaseIterable, Comparable {
    case noSound = "no_sound"
    case badSound = "bad_sound"
    case echo
    case noPicture = "no_picture"
    case badPicture = "bad_picture"
    case pictureFroze = "picture_froze"
    case soundAndPictureApart = "sound_and_picture_apart"
    case connectionLost = "connection_lost"
    case hardToJoin = "hard_to_join"
    case sharingFailed = "sharing_failed"
    case other

    /// Orders by the word, so that records do not depend on a hash.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// The answer.
  public var rating: Rating
  /// What was wrong; only with a rating that asks for it.
  public var details: Set<Detail>
  /// What the person's client measured in the call, as far as it has reported it.
  public var measured: MeasuredQuality?

  /// Joins the parts.
  public init(
    _ rating: Rating, details: Set<Detail> = [], measured: MeasuredQuality? = nil
  ) {
    self.rating = rating
    self.details = details
    self.measured = measured
  }
}

extension Feedback.Rating {
  /// The scale that the answer is on.
  public var scale: RatingScale {
    switch self {
    case .hadProblems: .yesNo
    case .grade: .fiveGrades
    }
  }

  /// Whether the follow-up fits: problems, or a grade of Medel and below.
  public var asksForDetails: Bool {
    switch self {
    case .hadProblems(let had): had
    case .grade(let grade): grade.rawValue <= Feedback.Grade.medium.rawValue
    }
  }
}

/// What a client measured over a call, as seen from that client.
public struct MeasuredQuality: Hashable, Sendable {
  /// The way to the relay and back.
  public var roundTrip: Duration?
  /// Of a thousand packets that were to come, those that did not.
  public var lossReceiving: Int?
  /// Of a thousand packets that were sent, those that did not arrive.
  public var lossSending: Int?
  /// How long pictures stood still that should have moved.
  public var frozen: Duration?
  /// How much sound had to be made up.
  public var concealed: Duration?

  /// Nothing measured.
  public init() {}
}
