import Primitives
import Security

/// All that an operator can set, with what holds where nothing is set.
///
/// `Config/samtal.conf` says what each key means; `ConfigurationKey` lists them.
struct Configuration: Equatable, Sendable {
  /// How addresses of clients appear in the log.
  enum AddressLogging: String, CaseIterable {
    case redacted, plain
  }

  /// An address at which clients reach the workers from outside, with the port that stands for
  /// the first of `mediaPorts`; nil where ports are the same outside.
  struct Announcement: Equatable {
    var address: NetworkAddress
    var firstPort: UInt16?
  }

  var httpListen = [NetworkAddress(high: 0, low: 0, port: 8_080)]
  var httpOrigins: [String] = []
  var httpCertificate: String?
  var httpKey: String?
  var linesListen = [NetworkAddress(ipv4: 0x7F00_0001, port: 8_082)]
  var adminListen = NetworkAddress(ipv4: 0x7F00_0001, port: 8_081)
  var mediaListen = [NetworkAddress(high: 0, low: 0, port: 0)]
  var mediaPorts: ClosedRange<UInt16> = 40_000...40_007
  /// Nil: as many as there are processors, and no more than ports.
  var mediaWorkers: Int?
  var mediaAnnounced: [Announcement] = []
  var mediaSRTPProfiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80]
  /// Paths that are not absolute start at the state folder.
  var storePath = "samtal.db"
  var storeSecrets = "secrets"
  var logLevel = LogLevel.info
  var logAddresses = AddressLogging.redacted
  var demo = true

  /// How many workers there are on a machine with so many processors.
  func workers(processors: Int) -> Int {
    mediaWorkers ?? max(1, min(processors, mediaPorts.count))
  }

  /// The addresses of worker `index`, as clients are told: those announced, or else those that it
  /// listens on, with a wildcard standing for the machine's `interfaces`.
  func candidates(ofWorker index: Int, interfaces: [NetworkAddress]) -> [NetworkAddress] {
    let port = mediaPorts.lowerBound + UInt16(index)
    if !mediaAnnounced.isEmpty {
      return mediaAnnounced.map { announcement in
        let outside = announcement.firstPort.map { $0 + UInt16(index) } ?? port
        return announcement.address.with(port: outside)
      }
    }
    return mediaListen.flatMap { address in
      address.isWildcard ? interfaces.filter(address.covers) : [address]
    }.map { $0.with(port: port) }
  }
}

extension NetworkAddress {
  /// Whether the address stands for every address of the machine.
  var isWildcard: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }

  /// Whether a socket bound to this wildcard receives what is sent to `other`: that of IPv6 takes
  /// IPv4 as well.
  func covers(_ other: NetworkAddress) -> Bool { !isIPv4 || other.isIPv4 }
}

/// The names of what can be set.
enum ConfigurationKey: String, CaseIterable {
  case httpListen = "http.listen"
  case httpOrigins = "http.origins"
  case httpCertificate = "http.certificate"
  case httpKey = "http.key"
  case linesListen = "lines.listen"
  case adminListen = "admin.listen"
  case mediaListen = "media.listen"
  case mediaPorts = "media.ports"
  case mediaWorkers = "media.workers"
  case mediaAnnounced = "media.announced"
  case mediaSRTPProfiles = "media.srtp_profiles"
  case storePath = "store.path"
  case storeSecrets = "store.secrets"
  case logLevel = "log.level"
  case logAddresses = "log.addresses"
  case demo = "demo"
}

/// Why a configuration is refused.
struct ConfigurationMistake: Error, Equatable, CustomStringConvertible {
  /// The file, as it was named.
  var file: String
  /// The line, from 1; 0 where it is about the whole.
  var line: Int
  /// The key, as far as there is one.
  var key: String
  /// What is wrong, and what would be right.
  var reason: String

  /// `FILE:LINE: KEY: REASON`.
  var description: String {
    (line > 0 ? "\(file):\(line): " : "\(file): ") + (key.isEmpty ? "" : "\(key): ") + reason
  }
}
