import Delivery
import Primitives
import Security
import Visits

/// All that an operator can set, with what holds where nothing is set.
///
/// `Config/samtal.conf` says what each key means; `ConfigurationKey` lists them.
public struct Configuration: Equatable, Sendable {
  /// How addresses of clients appear in the log.
  public enum AddressLogging: String, CaseIterable, Sendable {
    case redacted, plain
  }

  /// Where webhooks may lead.
  public enum WebhookReach: String, CaseIterable, Sendable {
    /// To what can be anybody's on the Internet, encrypted.
    case `public`
    /// Into private networks and to this machine as well.
    case any
  }

  /// An address at which clients reach the workers from outside.
  public struct Announcement: Equatable, Sendable {
    /// The address, without a port.
    public var address: NetworkAddress
    /// The port that stands for the first of `mediaPorts`; nil where ports are the same outside.
    public var firstPort: UInt16?
  }

  /// Where pages, the HTTP API and the WebSocket are served.
  public var httpListen = [NetworkAddress(high: 0, low: 0, port: 8_080)]
  /// What stands before `/call` in links; nil: the first address of `httpListen`.
  public var httpURL: String?
  /// Origins of pages that may open the WebSocket, beside our own.
  public var httpOrigins: [String] = []
  /// Path of the certificate chain.
  public var httpCertificate: String?
  /// Path of the certificate's private key.
  public var httpKey: String?
  /// Where signaling over lines is served.
  public var linesListen = [NetworkAddress(ipv4: 0x7F00_0001, port: 8_082)]
  /// Where the operator's own pages are served.
  public var adminListen = NetworkAddress(ipv4: 0x7F00_0001, port: 8_081)
  /// Addresses that media is received on.
  public var mediaListen = [NetworkAddress(high: 0, low: 0, port: 0)]
  /// UDP ports, one a worker.
  public var mediaPorts: ClosedRange<UInt16> = 40_000...40_007
  /// How many workers there are. Nil: as many as there are processors, and no more than ports.
  public var mediaWorkers: Int?
  /// People that one worker takes; those who come to a call beyond it are put on another.
  public var mediaPeersPerWorker = Limits.peersPerWorker
  /// Addresses at which clients reach the workers from outside; none: those listened on.
  public var mediaAnnounced: [Announcement] = []
  /// How media is protected, best first.
  public var mediaSRTPProfiles: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMSHA1_80]
  /// Path of the database. Paths that are not absolute start at the state folder.
  public var storePath = "samtal.db"
  /// Path of the file with the keys.
  public var storeSecrets = "secrets"
  /// The server that takes e-mails; nil: they are kept.
  public var deliveryEmail: ServiceAddress?
  /// The address that e-mails come from.
  public var deliveryEmailFrom: MailAddress?
  /// The gateway that takes text messages; nil: they are kept.
  public var deliverySMS: ServiceAddress?
  /// What is posted to the gateway.
  public var deliverySMSTemplate: TextTemplate?
  /// Headers of what is posted to the gateway.
  public var deliverySMSHeaders: [String] = []
  /// Where webhooks may lead.
  public var deliveryWebhooks = WebhookReach.public
  /// Path of the file with the audit log's head.
  public var auditHead = "audit.head"
  /// Years that rows of the audit log are kept.
  public var auditYears = 5
  /// The least level that is logged.
  public var logLevel = LogLevel.info
  /// How addresses of clients appear in the log.
  public var logAddresses = AddressLogging.redacted
  /// Whether the demo clinic is kept.
  public var demo = true
  /// The clinics by their identifiers, with the names that everybody who knocks is shown.
  public var clinics: [ClinicID: String] = [:]

  /// What holds where nothing is set.
  public init() {}

  /// How many workers there are on a machine with so many processors.
  public func workers(processors: Int) -> Int {
    mediaWorkers ?? max(1, min(processors, mediaPorts.count))
  }

  /// What stands before `/call` in links, without a slash at its end: what is set, or else the
  /// address that pages are served at, as this machine's own browser opens it.
  public func pageURL(listening address: NetworkAddress?) -> String {
    if let httpURL { return httpURL }
    let address =
      address ?? httpListen.first ?? NetworkAddress(ipv4: 0x7F00_0001, port: 8_080)
    let shown =
      address.isWildcard ? NetworkAddress(ipv4: 0x7F00_0001, port: address.port) : address
    return (httpCertificate == nil ? "http://" : "https://") + shown.description
  }

  /// The addresses of worker `index`, as clients are told: those announced, or else those that it
  /// listens on, with a wildcard standing for the machine's `interfaces`.
  public func candidates(
    ofWorker index: Int, interfaces: [NetworkAddress]
  ) -> [NetworkAddress] {
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

  /// Whether two listeners cannot both have their port.
  func meets(_ other: NetworkAddress) -> Bool {
    guard port == other.port, port != 0 else { return false }
    return with(port: 0) == other.with(port: 0)
      || isWildcard && covers(other) || other.isWildcard && other.covers(self)
  }
}

/// The names of what can be set; `clinic.ID` beside them names a clinic.
public enum ConfigurationKey: String, CaseIterable, Sendable {
  case httpListen = "http.listen"
  case httpURL = "http.url"
  case httpOrigins = "http.origins"
  case httpCertificate = "http.certificate"
  case httpKey = "http.key"
  case linesListen = "lines.listen"
  case adminListen = "admin.listen"
  case mediaListen = "media.listen"
  case mediaPorts = "media.ports"
  case mediaWorkers = "media.workers"
  case mediaPeersPerWorker = "media.peers_per_worker"
  case mediaAnnounced = "media.announced"
  case mediaSRTPProfiles = "media.srtp_profiles"
  case storePath = "store.path"
  case storeSecrets = "store.secrets"
  case deliveryEmail = "delivery.email"
  case deliveryEmailFrom = "delivery.email_from"
  case deliverySMS = "delivery.sms"
  case deliverySMSTemplate = "delivery.sms_template"
  case deliverySMSHeaders = "delivery.sms_headers"
  case deliveryWebhooks = "delivery.webhooks"
  case auditHead = "audit.head"
  case auditYears = "audit.years"
  case logLevel = "log.level"
  case logAddresses = "log.addresses"
  case demo = "demo"
}
