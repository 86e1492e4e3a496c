import Primitives

extension Configuration {
  /// Reads a file's text: one `key: value` a line, `#` starts a comment. Every mistake is
  /// reported, not only the first; with one, the configuration is not to be used.
  static func parse(
    _ text: String, file: String
  ) -> (configuration: Configuration, mistakes: [ConfigurationMistake]) {
    var configuration = Configuration()
    var mistakes: [ConfigurationMistake] = []
    var lines: [ConfigurationKey: Int] = [:]
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, row) in rows.enumerated().map({ ($0.offset + 1, $0.element) }) {
      let setting = row.prefix { $0 != "#" }.trimmed
      guard !setting.isEmpty else { continue }
      do throws(ConfigurationMistake) {
        let (key, value) = try split(setting, file: file, line: number)
        if let before = lines[key] {
          throw ConfigurationMistake(
            file: file, line: number, key: key.rawValue,
            reason: "is already set in line \(before)")
        }
        lines[key] = number
        do throws(ValueMistake) {
          try configuration.set(key, to: SettingValue(text: value))
        } catch {
          throw ConfigurationMistake(
            file: file, line: number, key: key.rawValue, reason: error.reason)
        }
      } catch {
        mistakes.append(error)
      }
    }
    for (key, reason) in configuration.contradictions {
      mistakes.append(
        ConfigurationMistake(
          file: file, line: lines[key] ?? 0, key: key.rawValue, reason: reason))
    }
    return (configuration, mistakes)
  }

  private static func split(
    _ setting: Substring, file: String, line: Int
  ) throws(ConfigurationMistake) -> (key: ConfigurationKey, value: Substring) {
    guard let colon = setting.firstIndex(of: ":") else {
      throw ConfigurationMistake(
        file: file, line: line, key: "", reason: "is not of the form \"key: value\"")
    }
    let name = String(setting[..<colon].trimmed)
    guard let key = ConfigurationKey(rawValue: name) else {
      throw ConfigurationMistake(file: file, line: line, key: name, reason: "is not a known key")
    }
    let value = setting[setting.index(after: colon)...].trimmed
    guard !value.isEmpty else {
      throw ConfigurationMistake(file: file, line: line, key: name, reason: "has no value")
    }
    return (key, value)
  }

  private mutating func set(
    _ key: ConfigurationKey, to value: SettingValue
  ) throws(ValueMistake) {
    switch key {
    case .httpListen: httpListen = try value.list(SettingValue.endpoint)
    case .httpOrigins: httpOrigins = try value.list(SettingValue.origin)
    case .httpCertificate: httpCertificate = value.text
    case .httpKey: httpKey = value.text
    case .linesListen: linesListen = try value.list(SettingValue.endpoint)
    case .adminListen: adminListen = try value.endpoint()
    case .mediaListen: mediaListen = try value.list(SettingValue.host)
    case .mediaPorts: mediaPorts = try value.ports()
    case .mediaWorkers: mediaWorkers = try value.integer(in: 1...256)
    case .mediaAnnounced: mediaAnnounced = try value.list(SettingValue.announcement)
    case .mediaSRTPProfiles: mediaSRTPProfiles = try value.list(SettingValue.srtpProfile)
    case .storePath: storePath = value.text
    case .storeSecrets: storeSecrets = value.text
    case .logLevel: logLevel = try value.choice(LogLevel.allCases, named: { "\($0)" })
    case .logAddresses:
      logAddresses = try value.choice(AddressLogging.allCases, named: \.rawValue)
    case .demo: demo = try value.choice([true, false], named: { $0 ? "on" : "off" })
    }
  }

  /// What does not go together, with the key to blame.
  private var contradictions: [(key: ConfigurationKey, reason: String)] {
    var result: [(key: ConfigurationKey, reason: String)] = []
    if httpCertificate != nil && httpKey == nil {
      result.append((.httpCertificate, "needs http.key beside it"))
    }
    if httpKey != nil && httpCertificate == nil {
      result.append((.httpKey, "needs http.certificate beside it"))
    }
    if let workers = mediaWorkers, workers > mediaPorts.count {
      result.append((.mediaWorkers, "is more than the \(mediaPorts.count) of media.ports"))
    }
    if mediaListen.isEmpty { result.append((.mediaListen, "needs an address")) }
    if mediaListen.count(where: \.isIPv4) > 1 || mediaListen.count(where: { !$0.isIPv4 }) > 1 {
      result.append((.mediaListen, "has more than one address of a family"))
    }
    if mediaSRTPProfiles.isEmpty { result.append((.mediaSRTPProfiles, "needs a profile")) }
    let last = mediaPorts.count - 1
    if mediaAnnounced.contains(where: { Int($0.firstPort ?? 1) + last > 65_535 }) {
      result.append((.mediaAnnounced, "has no ports left for all of media.ports"))
    }
    return result
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
