import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlSeatingTests {
  private let people: [Seating.Candidate]

  init() {
    var random = RandomSource(seed: 7)
    people = (1...8).map { number in
      Seating.Candidate(
        participant: ParticipantID(random: &random), peer: PeerNumber(UInt64(number)))
    }
  }

  private func seating(persons: Int, screens: Int = 0, voices: Int = 0) -> Seating {
    let kinds =
      Array(repeating: SeatKind.person, count: persons)
      + Array(repeating: .screen, count: screens) + Array(repeating: .voice, count: voices)
    var seating = Seating()
    seating.extend(
      to: kinds.enumerated().map { SeatPlan(index: $0, kind: $1, audio: nil, video: nil) })
    return seating
  }

  /// Answers all commands as the worker does; returns what the client is told by it.
  private func answer(_ outcome: Seating.Outcome, _ seating: inout Seating) -> [Seating.Change] {
    outcome.commands.compactMap { seating.seated($0, audioFrom: 10, videoFrom: 20) }
  }

  @Test func aSeatThatWasNeverUsedIsGivenAtOnce() {
    var seating = seating(persons: 2)
    let outcome = seating.arrange([people[0]])
    #expect(
      outcome.commands == [SeatAssignment(seat: 0, epoch: 1, occupant: people[0].peer)])
    #expect(outcome.changes.isEmpty)
    let told = answer(outcome, &seating)
    #expect(told.count == 1)
    #expect(told[0].participant == people[0].participant)
    #expect(told[0].from?.video == 20)
  }

  @Test func aUsedSeatIsGivenOnlyAfterItsOwnEpochIsAcknowledged() {
    var seating = seating(persons: 1)
    _ = answer(seating.arrange([people[0]]), &seating)
    let vacated = seating.arrange([people[1]])
    #expect(vacated.commands == [SeatAssignment(seat: 0, epoch: 2, occupant: nil)])
    #expect(vacated.changes.map(\.epoch) == [2])
    #expect(vacated.changes.map(\.participant) == [nil])

    for epoch: UInt64 in [0, 1, 3, .max] {
      seating.acknowledge(SeatAcknowledgement(seat: 0, epoch: epoch))
      #expect(seating.arrange([people[1]]) == Seating.Outcome())
    }
    seating.acknowledge(SeatAcknowledgement(seat: 5, epoch: 2))
    seating.acknowledge(SeatAcknowledgement(seat: 0, epoch: 2))
    let given = seating.arrange([people[1]])
    #expect(given.commands == [SeatAssignment(seat: 0, epoch: 3, occupant: people[1].peer)])
  }

  @Test func anAnswerThatWasOvertakenTellsTheClientNothing() {
    var seating = seating(persons: 1)
    let given = seating.arrange([people[0]])
    #expect(seating.snapshot.map(\.epoch) == [0])
    let vacated = seating.arrange([])
    #expect(vacated.changes.map(\.epoch) == [2])
    #expect(answer(given, &seating).isEmpty)
    #expect(answer(vacated, &seating).isEmpty)
    #expect(seating.snapshot.map(\.participant) == [nil])
  }

  @Test func nobodyMovesWhenOthersComeAndGo() {
    var seating = seating(persons: 3)
    _ = answer(seating.arrange(Array(people[0..<3])), &seating)
    let before = seating.snapshot
    #expect(seating.arrange(Array(people[0..<5])) == Seating.Outcome())
    #expect(seating.snapshot == before)
    let outcome = seating.arrange([people[0], people[2], people[3], people[4]])
    #expect(outcome.commands.map(\.seat) == [1])
    #expect(seating.snapshot[0] == before[0])
    #expect(seating.snapshot[2] == before[2])
  }

  @Test func aPinDisplacesTheOneWhoCameLast() {
    var seating = seating(persons: 2)
    _ = answer(seating.arrange(Array(people[0..<4])), &seating)
    let pin = Pin(participant: people[3].participant, source: .camera)
    let outcome = seating.arrange(Array(people[0..<4]), pins: [pin])
    #expect(outcome.changes.map(\.seat) == [1])
    seating.acknowledge(SeatAcknowledgement(seat: 1, epoch: 2))
    _ = answer(seating.arrange(Array(people[0..<4]), pins: [pin]), &seating)
    #expect(
      seating.snapshot.map(\.participant) == [people[0].participant, people[3].participant])
  }

  @Test func whoSpeaksWithoutAPersonSeatGetsAVoiceSeat() {
    var seating = seating(persons: 1, voices: 2)
    let speakers = [people[2].participant, people[0].participant, people[1].participant]
    let told = answer(seating.arrange(Array(people[0..<4]), speakers: speakers), &seating)
    #expect(told.map(\.seat) == [0, 1, 2])
    #expect(
      told.map(\.participant)
        == [people[0].participant, people[2].participant, people[1].participant])
    #expect(told.map(\.source) == [.camera, .microphone, .microphone])
    let silence = seating.arrange(Array(people[0..<4]), speakers: [])
    #expect(silence.changes.map(\.seat) == [1, 2])
  }

  @Test func sharedScreensSitOnScreenSeats() {
    var seating = seating(persons: 1, screens: 1)
    var sharing = people[1]
    sharing.sharesScreen = true
    let told = answer(seating.arrange([people[0], sharing]), &seating)
    #expect(told.map(\.participant) == [people[0].participant, sharing.participant])
    #expect(told.map(\.source) == [.camera, .screen])
  }

  @Test func seatsOfANewPeerConnectionIgnoreAcknowledgementsOfTheOld() {
    var old = seating(persons: 1)
    _ = answer(old.arrange([people[0]]), &old)
    _ = old.arrange([])
    var new = Seating(after: old)
    new.extend(to: [SeatPlan(index: 0, kind: .person, audio: nil, video: nil)])
    let told = answer(new.arrange([people[1]]), &new)
    #expect(told.map(\.epoch) == [3])
    #expect(new.arrange([]).changes.map(\.epoch) == [4])
    new.acknowledge(SeatAcknowledgement(seat: 0, epoch: 2))
    #expect(new.arrange([people[0]]).commands.isEmpty)
  }

  @Test func aSeatThatIsShownSmallWantsALowerLayerUnlessItIsPinned() {
    var seating = seating(persons: 3)
    _ = answer(seating.arrange(Array(people[..<3])), &seating)
    let sizes = [(0, 1_280, 720), (1, 480, 270), (2, 160, 90)].map { seat, width, height in
      SeatView(seat: seat, maximumWidth: width, maximumHeight: height, priority: 0)
    }
    let small = seating.arrange(Array(people[..<3]), views: sizes)
    #expect(
      small.limits == [Seating.Limit(seat: 1, most: 1), Seating.Limit(seat: 2, most: 0)])
    #expect(seating.arrange(Array(people[..<3]), views: sizes).limits == [], "told already")
    let pins = [Pin(participant: people[2].participant, source: .camera)]
    let pinned = seating.arrange(Array(people[..<3]), pins: pins, views: sizes)
    #expect(pinned.limits == [Seating.Limit(seat: 2, most: Seating.Limit.best)])
    let unsaid = seating.arrange(Array(people[..<3]), pins: pins)
    #expect(unsaid.limits == [Seating.Limit(seat: 1, most: Seating.Limit.best)])
  }

  @Test func whatAViewerSaysOfItsSizesAndPinsReachesTheWorker() throws {
    var bench = try ControlBench()
    let (staff, guest, other) = bench.callWithGuest()
    _ = bench.negotiate(guest)
    _ = bench.negotiate(staff)
    bench.told = []
    let small: JSON = [["seat": 0, "max_width": 160, "max_height": 90, "priority": 1]]
    bench.call(staff, "view.set", ["seats": small])
    bench.call(staff, "pin.set", ["pins": [["participant": other, "source": "camera"]]])
    let best = Seating.Limit.best
    #expect(
      bench.commands == [
        .limitLayers(PeerNumber(2), seat: 0, most: 0),
        .limitLayers(PeerNumber(2), seat: 0, most: best),
      ])
  }
}
