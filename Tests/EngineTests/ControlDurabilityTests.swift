import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

@Suite struct ControlDurabilityTests {
  /// A call with staff in it and a guest with warm transport in the lobby.
  private struct Room {
    var bench: ControlBench
    let staff: ConnectionID
    let guest: ConnectionID
    let waiting: JSON

    init() throws {
      bench = try ControlBench()
      staff = bench.staff()
      bench.call(staff, "call.start")
      _ = bench.negotiate(staff)
      guest = bench.guest()
      waiting = bench.call(guest, "call.join")["participant"] ?? .null
      _ = bench.negotiate(guest)
      _ = bench.take(staff)
      _ = bench.take(guest)
      bench.told = []
    }

    /// The store has got what waits for it.
    mutating func commit() {
      guard let last = bench.unstored.last else { return }
      bench.stored += bench.unstored
      bench.unstored = []
      bench.give(.committed(last.position))
    }
  }

  private func opensMedia(_ commands: [WorkerCommand]) -> Bool {
    commands.contains {
      switch $0 {
      case .admit(_, true): true
      case .seat(_, let assignment): assignment.occupant != nil
      default: false
      }
    }
  }

  @Test func anAdmissionHasNoEffectBeforeItIsOnDisk() throws {
    var room = try Room()
    room.bench.storeAnswers = false
    let id = room.bench.send(room.staff, "lobby.admit", ["participant": room.waiting])
    #expect(room.bench.response(room.staff, id) == nil)
    #expect(!opensMedia(room.bench.commands))
    #expect(room.bench.take(room.guest).isEmpty)
    #expect(room.bench.take(room.staff).isEmpty)

    let again = room.bench.send(room.staff, "lobby.admit", ["participant": room.waiting])
    #expect(room.bench.response(room.staff, again) == nil, "not yet true, so not yet said")

    room.commit()
    #expect(room.bench.response(room.staff, id)?["admitted"] == [room.waiting])
    #expect(room.bench.response(room.staff, again)?["admitted"] == [room.waiting])
    #expect(opensMedia(room.bench.commands))
    #expect(room.bench.methods(room.guest).first == "lobby.status")
  }

  @Test func aRemovalActsBeforeItIsOnDisk() throws {
    var room = try Room()
    room.bench.call(room.staff, "lobby.admit", ["participant": room.waiting])
    room.bench.storeAnswers = false
    room.bench.told = []
    let reply = room.bench.call(room.staff, "participant.remove", ["participant": room.waiting])
    #expect(reply["durable"] == false)
    #expect(room.bench.commands.contains(.remove(PeerNumber(2))))
    let told = room.bench.take(room.guest)
    #expect(told.last { $0.method == "lobby.status" }?.params["status"] == "removed")
    #expect(told.last?.params["reason"] == "removed")
  }

  @Test func aHoldOvertakesAnAdmissionThatWaitsForTheDisk() throws {
    var room = try Room()
    room.bench.storeAnswers = false
    let admit = room.bench.send(room.staff, "lobby.admit", ["participant": room.waiting])
    let hold = room.bench.call(room.staff, "participant.hold", ["participant": room.waiting])
    #expect(hold["durable"] == false)
    room.commit()
    #expect(room.bench.response(room.staff, admit) != nil)
    #expect(!opensMedia(room.bench.commands))
    #expect(room.bench.take(room.guest).isEmpty)
  }

  @Test func whatGivesAccessIsRefusedWhileTheStoreFails() throws {
    var room = try Room()
    room.bench.storeAnswers = false
    let id = room.bench.send(room.staff, "lobby.admit", ["participant": room.waiting])
    room.bench.unstored = []
    room.bench.give(.storeFailed)
    #expect(
      room.bench.response(room.staff, id)?["data"]?["reason"] == "storage_unavailable")
    let again = room.bench.call(room.staff, "lobby.admit", ["participant": room.waiting])
    #expect(again["data"]?["reason"] == "storage_unavailable")
    #expect(!opensMedia(room.bench.commands))

    let deny = room.bench.call(room.staff, "lobby.deny", ["participant": room.waiting])
    #expect(deny["durable"] == false)
    let told = room.bench.take(room.guest)
    #expect(told.first { $0.method == "lobby.status" }?.params["status"] == "denied")

    let first = room.bench.stored.last?.position ?? 0
    room.bench.storeAnswers = true
    room.bench.pass(.seconds(2))
    #expect(room.bench.stored.map(\.position).max() ?? 0 > first)
    let positions = room.bench.stored.map { Int($0.position) }
    #expect(positions == Array(1...positions.count))
    let restored = try ControlBench(seed: 2, restoring: room.bench.stored)
    #expect(restored.plane.visits.visits[room.bench.demo.visit]?.lobby.isEmpty == true)
  }

  @Test func aCallSurvivesARestartByItsEvents() throws {
    var room = try Room()
    room.bench.call(room.staff, "lobby.admit", ["participant": room.waiting])
    var restarted = try ControlBench(seed: 2, restoring: room.bench.stored)
    let visit = try #require(restarted.plane.visits.visits[restarted.demo.visit])
    #expect(visit.roster.count == 2)
    #expect(
      restarted.plane.inviteSecret(for: restarted.demo.guestInvite)
        == room.bench.plane.inviteSecret(for: room.bench.demo.guestInvite))
    let staff = restarted.staff()
    let joined = restarted.call(staff, "call.join")
    #expect(joined["place"] == "call", "\(joined)")
  }
}
