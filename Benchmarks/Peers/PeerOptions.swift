import Primitives
import Security

/// How media is protected in a comparison.
enum PeerProfile: String, CaseIterable {
  case gcm
  case cm

  /// The profile as DTLS knows it.
  var profile: SRTPProfile { self == .gcm ? .aeadAES128GCM : .aes128CMSHA1_80 }
  /// Its name in samtald's settings.
  var samtaldName: String { self == .gcm ? "AEAD_AES_128_GCM" : "AES128_CM_SHA1_80" }
}

/// The loads at which the servers are compared.
enum PeerLoad: String, CaseIterable {
  /// The scenario's own number of rooms.
  case `default`
  /// Half of the highest load that Janus carries, for both.
  case half
  /// The highest load that each of them carries.
  case highest
}

/// What `scripts/bench peers` was asked for.
struct PeerOptions {
  var scenarios: [String] = ["S1", "S2", "S3", "S4"]
  var receivers = 50
  var rooms: Int?
  var runs = 5
  var seconds = 10
  var profiles: [PeerProfile] = [.gcm]
  var spacings = PeerScenario.Spacing.allCases
  var loads = PeerLoad.allCases
  var eventLoops: Int?
  var joins = 0
  /// Milliseconds from one join's end to the next: key frames are asked for every 500 ms at most,
  /// so that a viewer who comes sooner waits for the last one's sake.
  var joinPause = 600
  var json: String?
  var table: String?
  var samtald = ""
  /// All of them, as they were written.
  let command: String

  static let usage = """
    usage: scripts/bench peers [OPTIONS]

      --scenario S1,S2,S3,S4     which to run; "none" for joins alone
      --receivers N              those who receive in S2 (50)
      --rooms N                  rooms of the default load (the scenario's own)
      --runs N                   runs of each, of which the median counts (5)
      --seconds N                length of each measurement (10)
      --profile gcm|cm|gcm,cm    how media is protected (gcm)
      --spacing even|burst       how packets lie in time (both)
      --load default,half,highest
      --event-loops N            Janus's event_loops (the best of 0, 1 and 2)
      --joins N                  joins to time, one after the other (0)
      --join-pause MS            time between two of them (600)
      --json FILE                writes the figures
      --table FILE               writes the table in Markdown
    """

  init(_ arguments: [String]) throws {
    command = (["scripts/bench", "peers"] + arguments).joined(separator: " ")
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw BenchmarkFailure(Self.usage) }
      switch name {
      case "--scenario": scenarios = value == "none" ? [] : Self.list(value)
      case "--receivers": receivers = try Self.number(value)
      case "--rooms": rooms = try Self.number(value)
      case "--runs": runs = try Self.number(value)
      case "--seconds": seconds = try Self.number(value)
      case "--profile": profiles = try Self.choices(value)
      case "--spacing": spacings = try Self.choices(value)
      case "--load": loads = try Self.choices(value)
      case "--event-loops": eventLoops = try Self.number(value, from: 0)
      case "--joins": joins = try Self.number(value, from: 0)
      case "--join-pause": joinPause = try Self.number(value, from: 0)
      case "--json": json = value
      case "--table": table = value
      default: throw BenchmarkFailure(Self.usage)
      }
    }
    let known = PeerScenario.all(receivers: receivers).map(\.name)
    guard scenarios.allSatisfy(known.contains) else { throw BenchmarkFailure(Self.usage) }
  }

  private static func list(_ text: String) -> [String] {
    text.split(separator: ",").map(String.init)
  }

  private static func number(_ text: String, from least: Int = 1) throws -> Int {
    guard let number = Int(text), number >= least else { throw BenchmarkFailure(usage) }
    return number
  }

  private static func choices<Choice: RawRepresentable<String>>(_ text: String) throws -> [Choice] {
    try list(text).map { word in
      guard let choice = Choice(rawValue: word) else { throw BenchmarkFailure(usage) }
      return choice
    }
  }
}
