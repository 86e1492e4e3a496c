import Engine
import Primitives
import Signaling
import Testing
import Wire

/// Which worker somebody is put on, and what the others are told of it.
@Suite struct ControlWorkersTests {
  /// Staff, patient and guest in one call, each as far as there is room.
  private struct Call {
    var bench: ControlBench
    let staff: ConnectionID
    let patient: ConnectionID
    let participant: JSON

    /// Two people, of whom a worker takes one.
    init(workers: Int = 2, peersPerWorker: Int = 1) throws {
      bench = try ControlBench(workers: workers, peersPerWorker: peersPerWorker)
      staff = bench.staff()
      bench.call(staff, "call.start")
      _ = bench.negotiate(staff)
      patient = bench.patient()
      participant = bench.call(patient, "call.join")["participant"] ?? .null
      for person in [staff, patient] {
        bench.call(person, "self.update", ["microphone": true, "camera": true])
      }
    }

    mutating func admit() { bench.call(staff, "lobby.admit", ["participant": participant]) }

    func told(_ worker: Int) -> [WorkerCommand] {
      bench.told.filter { $0.worker == worker }.map(\.command)
    }

    var room: RoomNumber? {
      guard case .register(_, let room, _, _)? = bench.commands.first else { return nil }
      return room
    }
  }

  private let one = PeerNumber(1)
  private let two = PeerNumber(2)

  @Test func whoComesBeyondWhatAWorkerTakesIsPutOnAnother() throws {
    var call = try Call()
    let answer = call.bench.negotiate(call.patient)
    #expect(answer["answer"]?.string?.contains("127.0.0.1 40001 typ host") == true)
    guard case .register(two, call.room, _, _)? = call.told(1).first else {
      Issue.record("the second worker was not told")
      return
    }
    let third = call.bench.guest()
    call.bench.call(third, "call.join")
    let refused = call.bench.negotiate(third)
    #expect(refused["data"]?["reason"] == "overloaded", "both are full")
  }

  @Test func aCallStaysOnItsWorkerAsLongAsThatHasRoom() throws {
    var call = try Call(peersPerWorker: 2)
    _ = call.bench.negotiate(call.patient)
    call.admit()
    #expect(call.told(1).isEmpty)
    #expect(call.told(0).contains(.admit(two, true)))
  }

  @Test func whoWaitsHasNoMirrorAndWhoIsInTheCallHas() throws {
    var call = try Call()
    _ = call.bench.negotiate(call.patient)
    #expect(!call.bench.commands.contains { if case .mirror = $0 { true } else { false } })
    call.admit()
    let first = call.told(0)
    let second = call.told(1)
    #expect(first.contains(.share(one, with: [1])))
    #expect(second.contains(.share(two, with: [0])))
    let mirror = try #require(
      second.firstIndex { if case .mirror(one, call.room, 0, _) = $0 { true } else { false } })
    let seat = try #require(
      second.firstIndex {
        if case .seat(two, let seat) = $0 { seat.occupant == one } else { false }
      })
    #expect(mirror < seat, "a mirror is there before it is seated")
    #expect(second.contains(.openSources(one, [.microphone, .camera])))
    #expect(
      first.contains { if case .mirror(two, call.room, 1, _) = $0 { true } else { false } })
  }

  @Test func whoIsHeldOrLeavesHasNoMirrorAnyMore() throws {
    var call = try Call()
    _ = call.bench.negotiate(call.patient)
    call.admit()
    call.bench.told = []
    call.bench.call(call.staff, "participant.hold", ["participant": call.participant])
    #expect(call.told(0).contains(.remove(two)))
    #expect(call.told(0).contains(.share(one, with: [])))
    #expect(call.told(1).contains(.admit(two, false)))
    #expect(call.told(1).contains(.remove(one)))

    call.admit()
    call.bench.told = []
    call.bench.call(call.staff, "call.leave")
    #expect(call.told(0).contains(.remove(one)))
    #expect(call.told(1).contains(.remove(one)))
  }

  @Test func whatIsSwitchedOffIsSoOnAllWorkers() throws {
    var call = try Call()
    _ = call.bench.negotiate(call.patient)
    call.admit()
    call.bench.told = []
    call.bench.call(
      call.staff, "participant.mute", ["participant": call.participant, "muted": true])
    for worker in [0, 1] { #expect(call.told(worker).contains(.openSources(two, [.camera]))) }
  }

  @Test func aLaterOfferIsToldToAllWorkers() throws {
    var call = try Call()
    _ = call.bench.negotiate(call.patient)
    call.admit()
    call.bench.told = []
    _ = call.bench.negotiate(call.patient, ControlOffer(voices: 4))
    for worker in [0, 1] {
      #expect(
        call.told(worker).contains { if case .updateMedia(two, _) = $0 { true } else { false } })
    }
  }

  @Test func whereAWorkerIsFullOthersTakeWhoComes() throws {
    var call = try Call(peersPerWorker: 10)
    call.bench.give(.worker(0, .loadChanged(isFull: true)))
    _ = call.bench.negotiate(call.patient)
    guard case .register(two, _, _, _)? = call.told(1).first else {
      Issue.record("the second worker was not told")
      return
    }
    call.bench.give(.worker(1, .loadChanged(isFull: true)))
    let guest = call.bench.guest()
    call.bench.call(guest, "call.join")
    #expect(call.bench.negotiate(guest)["data"]?["reason"] == "overloaded")
    call.bench.give(.worker(0, .loadChanged(isFull: false)))
    #expect(call.bench.negotiate(guest)["answer"] != nil)
  }

  @Test func oneWorkerAloneSaysWhoIsSpeaking() throws {
    var call = try Call()
    _ = call.bench.negotiate(call.patient)
    call.admit()
    _ = call.bench.take(call.staff)
    let room = try #require(call.room)
    call.bench.give(.worker(1, .speakers(room, [two])))
    #expect(call.bench.take(call.staff).isEmpty)
    call.bench.give(.worker(0, .speakers(room, [two])))
    #expect(call.bench.take(call.staff).first?.params["participants"] == [call.participant])
  }
}
