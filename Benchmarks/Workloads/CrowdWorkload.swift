import Primitives
import Signaling
import Visits

/// Somebody in a call of many raises their hand, and everybody is told.
final class CrowdWorkload: Workload {
  /// So many that it does not count when a list happens to grow.
  let operations = 20
  private let rig: ControlRig
  private let people: Int
  private var raising: ConnectionID?
  private var told = 0

  /// A call of so many, all with a peer connection.
  init(people: Int) throws {
    self.people = people
    rig = try ControlRig()
    let offer = try JoinWorkload.makeOffer(at: rig.now.wall)
    let host = rig.connect()
    try rig.call(
      host, "session.open", ["token": .string(rig.token(person: "per_host", visit: nil))])
    let created = try rig.call(host, "visit.create", ["type": "videobesök"])
    guard let visit = created["visit"]?["id"]?.string else {
      throw BenchmarkFailure("visit.create answered \(created)")
    }
    try rig.call(host, "call.start", ["visit": .string(visit)])
    try rig.call(host, "media.negotiate", offer)
    for number in 1..<people {
      let guest = rig.connect()
      let token = rig.token(person: "per_guest-\(number)", role: .guest, visit: visit)
      try rig.call(guest, "session.open", ["token": .string(token)])
      try rig.call(guest, "call.join", [:])
      // One at a time: the lobby has room for some of them only.
      try rig.call(host, "lobby.admit_all", [:])
      try rig.call(guest, "media.negotiate", offer)
      raising = guest
      rig.pass(.milliseconds(100))
    }
  }

  func prepare() throws { rig.pass(.seconds(1)) }

  func run() {
    guard let raising else { return }
    rig.answers.removeAll(keepingCapacity: true)
    for number in 0..<operations {
      rig.send(raising, "self.update", ["hand_raised": .bool(number % 2 == 0)])
    }
    told = rig.answers.count { $0.contains("participant.changed") }
  }

  func check() throws {
    guard told == operations * people else {
      throw BenchmarkFailure("\(told) of \(operations * people) were told")
    }
  }
}
