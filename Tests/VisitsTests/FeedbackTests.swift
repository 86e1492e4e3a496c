import Primitives
import Testing

@testable import Visits

@Suite struct FeedbackTests {
  /// Anna, Pia and Ivan have been in a call that has ended.
  private func afterCall(
    scale: RatingScale = .yesNo, patientsRate: Bool = true
  ) throws -> Scene {
    var settings = ClinicSettings()
    settings.ratingScale = scale
    settings.patientsRate = patientsRate
    var scene = try Scene(settings: settings)
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.linkJoins(as: "par_ivan")
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.endCall, by: anna)
    return scene
  }

  private let fine = VisitCommand.submitFeedback(Feedback(.hadProblems(false)))

  @Test func aRatingIsKeptWithTheCallAndWhatWasMeasured() throws {
    var scene = try afterCall()
    var measured = MeasuredQuality()
    measured.roundTrip = .milliseconds(40)
    let feedback = Feedback(.hadProblems(true), details: [.echo], measured: measured)
    let events = try scene.perform(.submitFeedback(feedback), by: scene.patient(scene.pia))
    #expect(events.map(\.isDurable) == [true])
    try scene.perform(fine, by: scene.staff(scene.anna))
    let call = try #require(scene.current.pastCalls.first)
    #expect(call.id == named("cal_one"))
    #expect(call.reason == .endedByStaff)
    #expect(
      call.feedback == [scene.pia: feedback, scene.anna: Feedback(.hadProblems(false))])
  }

  @Test func itIsGivenInTheFifteenMinutesAfterTheCall() throws {
    var scene = try afterCall()
    try scene.wait(.minutes(15) - .seconds(1))
    #expect(scene.ledger.mayRate(scene.anna, in: scene.visit, at: scene.now.instant))
    try scene.perform(fine, by: scene.staff(scene.anna))
    #expect(!scene.ledger.mayRate(scene.anna, in: scene.visit, at: scene.now.instant))
    #expect(scene.ledger.mayRate(scene.pia, in: scene.visit, at: scene.now.instant))
    try scene.wait(.seconds(1))
    #expect(!scene.ledger.mayRate(scene.pia, in: scene.visit, at: scene.now.instant))
    #expect(scene.refusal(of: fine, by: scene.patient(scene.pia)) == .nothingToRate)
  }

  @Test func whoLeavesBeforeTheEndRatesAtOnceAndWhoIsInTheCallDoesNot() throws {
    var settings = ClinicSettings()
    settings.patientsRate = true
    var scene = try Scene(settings: settings)
    let anna = try scene.annaStarts()
    let pia = try scene.piaJoins()
    #expect(scene.refusal(of: fine, by: pia) == .alreadyJoined)
    try scene.perform(.admitAll(), by: anna)
    #expect(scene.refusal(of: fine, by: pia) == .alreadyJoined)
    #expect(scene.refusal(of: fine, by: scene.patient(scene.pia)) == .nothingToRate)
    try scene.perform(.leave, by: pia)
    try scene.perform(fine, by: scene.patient(scene.pia))
    try scene.perform(.endCall, by: anna)
    #expect(scene.current.pastCalls.first?.feedback.keys.sorted() == [scene.pia])
    #expect(!scene.ledger.mayRate(scene.pia, in: scene.visit, at: scene.now.instant))
  }

  @Test func whoWasOnlyInTheLobbyRatesNothing() throws {
    var settings = ClinicSettings()
    settings.patientsRate = true
    var scene = try Scene(settings: settings)
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.endCall, by: anna)
    #expect(scene.refusal(of: fine, by: scene.patient(scene.pia)) == .nothingToRate)
    #expect(scene.refusal(of: fine, by: scene.staff(scene.berit)) == .nothingToRate)
  }

  @Test func whoWasRemovedRatesNothing() throws {
    var settings = ClinicSettings()
    settings.patientsRate = true
    var scene = try Scene(settings: settings)
    let anna = try scene.annaStarts()
    try scene.piaJoins()
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.remove(named("par_pia")), by: anna)
    #expect(scene.refusal(of: fine, by: scene.patient(scene.pia)) == .nothingToRate)
  }

  @Test func patientsRateOnlyWhereTheClinicWantsItAndGuestsNever() throws {
    var scene = try afterCall(patientsRate: false)
    #expect(!scene.ledger.mayRate(scene.pia, in: scene.visit, at: scene.now.instant))
    #expect(scene.refusal(of: fine, by: scene.patient(scene.pia)) == .ratingNotEnabled)
    try scene.perform(fine, by: scene.staff(scene.anna))
    scene = try afterCall()
    #expect(!scene.ledger.mayRate(scene.ivan, in: scene.visit, at: scene.now.instant))
    #expect(
      scene.refusal(of: fine, by: try scene.link(scene.personalLink, session: "i"))
        == .notPermitted)
  }

  @Test func theScaleIsTheClinics() throws {
    var scene = try afterCall(scale: .fiveGrades)
    #expect(scene.refusal(of: fine, by: scene.staff(scene.anna)) == .badArgument)
    try scene.perform(
      .submitFeedback(Feedback(.grade(.excellent))), by: scene.staff(scene.anna))
    scene = try afterCall(scale: .yesNo)
    #expect(
      scene.refusal(
        of: .submitFeedback(Feedback(.grade(.good))), by: scene.staff(scene.anna))
        == .badArgument)
  }

  @Test(arguments: Feedback.Grade.allCases)
  func detailsFollowOnMedelAndBelow(grade: Feedback.Grade) throws {
    var scene = try afterCall(scale: .fiveGrades)
    let feedback = Feedback(.grade(grade), details: [.badSound, .pictureFroze])
    let command = VisitCommand.submitFeedback(feedback)
    if [.veryBad, .bad, .medium].contains(grade) {
      try scene.perform(command, by: scene.staff(scene.anna))
      #expect(scene.current.feedback(on: named("cal_one"), by: scene.anna) == feedback)
    } else {
      #expect(scene.refusal(of: command, by: scene.staff(scene.anna)) == .badArgument)
    }
    // Skipped, it is a rating all the same.
    scene = try afterCall(scale: .fiveGrades)
    try scene.perform(.submitFeedback(Feedback(.grade(grade))), by: scene.staff(scene.anna))
  }

  @Test func oneAnswerCounts() throws {
    var scene = try afterCall()
    try scene.perform(fine, by: scene.staff(scene.anna))
    #expect(try scene.perform(fine, by: scene.staff(scene.anna)) == [])
    #expect(
      scene.refusal(
        of: .submitFeedback(Feedback(.hadProblems(true))), by: scene.staff(scene.anna))
        == .alreadyRated)
  }

  @Test func theLastCallThatOneWasInIsMeant() throws {
    var scene = try afterCall()
    try scene.perform(
      .startCall(named("cal_two"), as: named("par_b")), by: scene.staff(scene.berit))
    try scene.perform(fine, by: scene.patient(scene.pia))
    #expect(scene.current.feedback(on: named("cal_one"), by: scene.pia) != nil)
    try scene.perform(.endCall, by: scene.staff(scene.berit, as: "par_b"))
    try scene.perform(fine, by: scene.staff(scene.berit))
    #expect(scene.current.feedback(on: named("cal_two"), by: scene.berit) != nil)
  }

  @Test(arguments: [(0, true), (14, true), (15, false), (60 * 24, false)])
  func aRestartLeavesWhatWasLeftOfTheTime(minutesDown: Int, mayRate: Bool) throws {
    var scene = try afterCall()
    let restart = Moment(
      instant: Instant(nanoseconds: 5), wall: scene.now.wall + .minutes(minutesDown))
    scene.ledger = try VisitLedger(restoring: scene.log, at: restart)
    #expect(scene.ledger.mayRate(scene.anna, in: scene.visit, at: restart.instant) == mayRate)
    let later = restart.instant + .minutes(1)
    let stillLater = minutesDown == 0
    #expect(scene.ledger.mayRate(scene.anna, in: scene.visit, at: later) == stillLater)
  }
}
