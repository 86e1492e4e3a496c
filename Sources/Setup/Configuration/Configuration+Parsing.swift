import Primitives
import Visits

extension Configuration {
  /// Reads a file's text: one `key: value` a line, `#` starts a comment. Every mistake is
  /// reported, not only the first; with one, the configuration is not to be used.
  public static func parse(
    _ text: String, file: String
  ) -> (configuration: Configuration, mistakes: [SetupMistake]) {
    let (configuration, mistakes, _) = parseKeepingLines(text, file: file)
    return (configuration, mistakes)
  }

  /// The same, with the line that each key stands in.
  static func parseKeepingLines(
    _ text: String, file: String
  ) -> (configuration: Configuration, mistakes: [SetupMistake], lines: [String: Int]) {
    var configuration = Configuration()
    var mistakes: [SetupMistake] = []
    var lines: [String: Int] = [:]
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, row) in rows.enumerated().map({ ($0.offset + 1, $0.element) }) {
      let setting = row.prefix { $0 != "#" }.trimmed
      guard !setting.isEmpty else { continue }
      do throws(SetupMistake) {
        let (key, value) = try split(setting, file: file, line: number)
        if let before = lines[key] {
          throw SetupMistake(
            file: file, line: number, key: key, reason: "is already set in line \(before)")
        }
        lines[key] = number
        do throws(ValueMistake) {
          try configuration.set(key, to: SettingValue(text: value))
        } catch {
          throw SetupMistake(file: file, line: number, key: key, reason: error.reason)
        }
      } catch {
        mistakes.append(error)
      }
    }
    for (key, reason) in configuration.contradictions(setting: Set(lines.keys)) {
      let line = lines[key.rawValue] ?? 0
      mistakes.append(SetupMistake(file: file, line: line, key: key.rawValue, reason: reason))
    }
    return (configuration, mistakes, lines)
  }

  private static func split(
    _ setting: Substring, file: String, line: Int
  ) throws(SetupMistake) -> (key: String, value: Substring) {
    guard let colon = setting.firstIndex(of: ":") else {
      throw SetupMistake(file: file, line: line, reason: "is not of the form \"key: value\"")
    }
    let key = String(setting[..<colon].trimmed)
    let value = setting[setting.index(after: colon)...].trimmed
    guard !value.isEmpty else {
      throw SetupMistake(file: file, line: line, key: key, reason: "has no value")
    }
    return (key, value)
  }

  private mutating func set(_ name: String, to value: SettingValue) throws(ValueMistake) {
    if name.hasPrefix(Self.clinicPrefix) {
      guard let clinic = ClinicID(String(name.dropFirst(Self.clinicPrefix.count))) else {
        throw ValueMistake(reason: "does not name a clinic, as clinic.cli_north")
      }
      clinics[clinic] = try value.shownText(maximumBytes: Limits.nameBytes)
    } else if let key = ConfigurationKey(rawValue: name) {
      try set(key, to: value)
    } else {
      throw ValueMistake(reason: "is not a known key")
    }
  }

  private static var clinicPrefix: String { "clinic." }

  private mutating func set(
    _ key: ConfigurationKey, to value: SettingValue
  ) throws(ValueMistake) {
    switch key {
    case .httpListen: httpListen = try value.list(SettingValue.endpoint)
    case .httpURL: httpURL = try value.origin()
    case .httpOrigins: httpOrigins = try value.list(SettingValue.origin)
    case .httpCertificate: httpCertificate = value.text
    case .httpKey: httpKey = value.text
    case .linesListen: linesListen = try value.list(SettingValue.endpoint)
    case .adminListen: adminListen = try value.endpoint()
    case .mediaListen: mediaListen = try value.list(SettingValue.host)
    case .mediaPorts: mediaPorts = try value.ports()
    case .mediaWorkers: mediaWorkers = try value.integer(in: 1...256)
    case .mediaPeersPerWorker:
      mediaPeersPerWorker = try value.integer(in: 1...Limits.peersPerWorker)
    case .mediaAnnounced: mediaAnnounced = try value.list(SettingValue.announcement)
    case .mediaSRTPProfiles: mediaSRTPProfiles = try value.list(SettingValue.srtpProfile)
    case .storePath: storePath = value.text
    case .storeSecrets: storeSecrets = value.text
    case .deliveryEmail: deliveryEmail = try value.service(schemes: ["smtp", "smtps"])
    case .deliveryEmailFrom: deliveryEmailFrom = try value.mailAddress()
    case .deliverySMS: deliverySMS = try value.service(schemes: ["https", "http"])
    case .deliverySMSTemplate: deliverySMSTemplate = try value.textTemplate()
    case .deliverySMSHeaders: deliverySMSHeaders = try value.list(SettingValue.header)
    case .deliveryWebhooks:
      deliveryWebhooks = try value.choice(WebhookReach.allCases, named: \.rawValue)
    case .auditHead: auditHead = value.text
    case .auditYears: auditYears = try value.integer(in: 5...100)
    case .logLevel: logLevel = try value.choice(LogLevel.allCases, named: { "\($0)" })
    case .logAddresses:
      logAddresses = try value.choice(AddressLogging.allCases, named: \.rawValue)
    case .demo: demo = try value.choice([true, false], named: { $0 ? "on" : "off" })
    }
  }
}

extension Substring {
  /// Without white space at either end.
  var trimmed: Substring {
    let front = drop(while: \.isWhitespace)
    guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return front[...last]
  }
}
