import Engine
import PeerClient
import Primitives
import Security
import Signaling
import Visits
import Wire

/// A member of staff who comes into calls: from `session.open` until `media.negotiate` is answered,
/// with a store and a worker that answer at once.
final class JoinWorkload: Workload {
  let operations = 4
  private let rig: ControlRig
  private let offer: JSON
  private var joining: [(connection: ConnectionID, token: String)] = []
  private var completed = 0

  init() throws {
    rig = try ControlRig()
    offer = try Self.makeOffer(at: rig.now.wall)
  }

  /// The arguments of `media.negotiate`, as the client module makes them.
  static func makeOffer(at now: WallTime) throws -> JSON {
    var random = RandomSource(seed: 2)
    let certificate = try Certificate.generate(
      validFrom: now, until: now + .hours(24), random: &random)
    var client = PeerClient(
      configuration: PeerClient.Configuration(publisher: 1), certificate: certificate,
      random: random)
    let offer = client.makeOffer()
    let seats = offer.seats.map { seat in
      JSON.compact([
        "kind": .string(seat.kind.rawValue), "audio_mid": seat.audioMID.map { .string($0) },
        "video_mid": seat.videoMID.map { .string($0) },
      ])
    }
    let tracks = offer.tracks.map { track -> JSON in
      ["mid": .string(track.mid), "source": .string(track.source.rawValue)]
    }
    return ["offer": .string(offer.sdp), "tracks": .array(tracks), "seats": .array(seats)]
  }

  // MARK: Running

  /// Makes a visit with a call for each that joins, and ends the joins of the run before.
  func prepare() throws {
    for (connection, _) in joining { rig.close(connection) }
    rig.pass(.minutes(1))
    joining.removeAll(keepingCapacity: true)
    let host = rig.connect()
    try rig.call(
      host, "session.open", ["token": .string(rig.token(person: "per_host", visit: nil))])
    for _ in 0..<operations {
      let created = try rig.call(host, "visit.create", ["type": "videobesök"])
      guard let visit = created["visit"]?["id"]?.string else {
        throw BenchmarkFailure("visit.create answered \(created)")
      }
      try rig.call(host, "call.start", ["visit": .string(visit)])
      try rig.call(host, "call.leave", [:])
      joining.append((rig.connect(), rig.token(person: "per_host", visit: visit)))
    }
    rig.close(host)
    completed = 0
  }

  func run() {
    for (connection, token) in joining {
      rig.answers.removeAll(keepingCapacity: true)
      rig.send(connection, "session.open", ["token": .string(token)])
      rig.send(connection, "call.join", [:])
      rig.send(connection, "media.negotiate", offer)
      if rig.answers.contains(where: { $0.contains("\"answer\":") }) { completed += 1 }
    }
  }

  func check() throws {
    guard completed == operations else {
      throw BenchmarkFailure("media.negotiate was not answered: \(rig.answers)")
    }
  }
}
