import Visits

extension Feedback {
  /// Reads `{scale, grade | had_problems, details?}`: a grade from 1 to 5, details as words.
  init(_ reader: ParameterReader) throws(SignalingError) {
    let rating: Rating
    switch try reader.word("scale", RatingScale.self) {
    case .yesNo: rating = .hadProblems(try reader.bool("had_problems"))
    case .fiveGrades:
      let number = try reader.count("grade", 1...Grade.allCases.count)
      rating = .grade(Grade.allCases[number - 1])
    }
    let details = try reader.optionalWords("details", Detail.self) ?? []
    self.init(rating, details: Set(details))
  }
}
