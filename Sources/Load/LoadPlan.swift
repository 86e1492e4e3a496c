import PeerClient
import Primitives
import Runtime
import Security
import Wire

/// What a load test does.
public struct LoadPlan: Sendable {
  /// Where signaling goes.
  public var address: SignalingAddress
  /// How the server's certificate is judged.
  public var trust = WebClient.Trust()
  /// Calls at the same time.
  public var rooms = 1
  /// People in each, a member of staff among them who starts it.
  public var participants = 3
  /// What each publishes.
  public var publish: Set<MediaSource> = [.microphone, .camera]
  /// Whether all but staff wait in the lobby until they are admitted; otherwise they come in.
  public var waitsInLobby = false
  /// What kind of visit is made.
  public var visitType = "videobesök"
  /// How long everything lasts once all have been asked in.
  public var duration = Duration.seconds(30)
  /// The time over which people come.
  public var ramp = Duration.seconds(5)
  /// People a minute who go and are followed by others.
  public var churnPerMinute = 0
  /// How often everybody loses the signaling connection; nil: never.
  public var reconnectEvery: Duration?
  /// The part of datagrams that the tester drops, each way, from 0 to 1.
  public var loss = 0.0
  /// What the tester holds every datagram back for, each way.
  public var delay = Duration.zero
  /// Bits a second of each camera.
  public var rate = 300_000
  /// How media is protected; the server chooses.
  public var profiles = SRTPProfile.allCases
  /// Receivers that decode all they get.
  public var decode = 0
  /// Whether media is synthetic and only counted, for the highest rates.
  public var usesSink = false
  /// What all chance follows from.
  public var seed: UInt64 = 1

  /// A test of a server's address, and defaults for the rest.
  public init(address: SignalingAddress) { self.address = address }

  /// Time from one picture to the next.
  static let frameInterval = Duration.milliseconds(66)

  /// Everybody at the same time.
  public var people: Int { rooms * participants }
}

/// The clinic whose people the tester plays, with a key that signs for them.
public struct LoadClinic: Sendable {
  /// The clinic's identifier.
  public var id: String
  /// A key that can sign.
  public var key: JWTKey

  /// Joins the two.
  public init(id: String, key: JWTKey) {
    self.id = id
    self.key = key
  }

  /// How long a token is good.
  private static let tokenLifetime = Duration.minutes(10)

  /// A token for one person: of the whole clinic, or of one visit.
  func token(
    person: String, role: String, visit: String? = nil, waits: Bool = false, now: WallTime
  ) -> String {
    JWT.sign(
      subject: person,
      claims: .compact([
        "clinic": .string(id), "visit": visit.map(JSON.string), "role": .string(role),
        "name": "Load", "identified_by": role == "staff" ? "staff" : "e_id",
        "admission": waits ? "lobby" : nil,
      ]), from: now, for: Self.tokenLifetime, key: key)
  }
}

extension PeerClient.Configuration {
  /// Gives synthetic pictures the form that a camera of so many bits a second has.
  mutating func shape(bitsPerSecond rate: Int) {
    frameInterval = LoadPlan.frameInterval
    let bytes = max(100, rate / 8 * Int(frameInterval.milliseconds) / 1_000)
    packetsPerFrame = min(256, (bytes + MediaLoop.packetBytes - 1) / MediaLoop.packetBytes)
    payloadBytes = min(1_200, max(40, bytes / packetsPerFrame))
  }
}
