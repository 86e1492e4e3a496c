import Primitives
import Testing
import Visits

@testable import Engine

@Suite struct RosterChangeTests {
  private let people: [Roster.Member]

  init() {
    var random = RandomSource(seed: 11)
    people = (0..<6).map { number in
      Roster.Member(
        id: ParticipantID(random: &random), name: Redacted("person \(number)"), role: .guest,
        identifiedBy: .eID, isResponsible: false, devices: Devices(), isMutedByStaff: false,
        connection: "connected")
    }
  }

  private func change(from old: [Roster.Member], to new: [Roster.Member]) -> RosterChange {
    RosterChange(from: Roster(version: 1, members: old), to: Roster(version: 2, members: new))
  }

  @Test func thoseWhoComeAreNewsInTheOrderInWhichTheyStand() {
    let change = change(from: Array(people[..<3]), to: people)
    #expect(change.left.isEmpty)
    #expect(change.news.map(\.now) == Array(people[3...]))
    #expect(change.news.allSatisfy { $0.before == nil })
  }

  @Test func thoseWhoGoAreNamedAndTheOthersAreNoNews() {
    let change = change(from: people, to: [people[0], people[2], people[5]])
    #expect(change.left == [people[1].id, people[3].id, people[4].id])
    #expect(change.news.isEmpty)
  }

  @Test func whoIsDifferentIsToldWithWhatWasKnown() {
    var muted = people[0]
    muted.isMutedByStaff = true
    var lost = people[4]
    lost.connection = "reconnecting"
    let now = [muted, people[2], lost, people[5]]
    let change = change(from: Array(people[..<5]), to: now)
    #expect(change.left == [people[1].id, people[3].id])
    #expect(change.news.map(\.now) == [muted, lost, people[5]])
    #expect(change.news.map(\.before) == [people[0], people[4], nil])
  }

  @Test func anotherOrderIsNoNews() {
    let change = change(from: people, to: people.reversed())
    #expect(change.left.isEmpty)
    #expect(change.news.isEmpty)
  }

  @Test func rostersOfOneVersionAreTheSameAndSoAreThoseOfTheSamePeople() {
    #expect(Roster(version: 3, members: people) == Roster(version: 4, members: people))
    #expect(Roster(version: 3, members: people) != Roster(version: 4, members: []))
    #expect(Roster() == Roster(version: 5, members: []))
  }
}
