import Primitives

extension Configuration {
  /// What does not go together, with the key to blame.
  /// `names` are the keys that are set: what only holds by default is not to blame.
  func contradictions(setting names: Set<String>) -> [(key: ConfigurationKey, reason: String)] {
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
    return result + webContradictions(setting: names) + storeContradictions
      + deliveryContradictions
  }

  private func webContradictions(
    setting names: Set<String>
  ) -> [(key: ConfigurationKey, reason: String)] {
    var result: [(key: ConfigurationKey, reason: String)] = []
    if httpListen.isEmpty { result.append((.httpListen, "needs an address")) }
    if httpCertificate != nil {
      let reason = "begins with http://, but with http.certificate pages come over https:// only"
      if httpURL?.hasPrefix("http://") == true { result.append((.httpURL, reason)) }
      if httpOrigins.contains(where: { $0.hasPrefix("http://") }) {
        result.append((.httpOrigins, "has an origin that " + reason))
      }
    }
    let listeners =
      httpListen.map { (key: ConfigurationKey.httpListen, address: $0) }
      + linesListen.map { (.linesListen, $0) } + [(.adminListen, adminListen)]
    for (index, second) in listeners.enumerated() {
      guard let first = listeners[..<index].first(where: { $0.address.meets(second.address) })
      else { continue }
      let (blamed, other) =
        names.contains(second.key.rawValue) || !names.contains(first.key.rawValue)
        ? (second, first) : (first, second)
      result.append((blamed.key, "wants \(blamed.address), which \(other.key.rawValue) takes"))
    }
    return result
  }

  private var storeContradictions: [(key: ConfigurationKey, reason: String)] {
    var result: [(key: ConfigurationKey, reason: String)] = []
    if storeSecrets == storePath { result.append((.storeSecrets, "is the file of store.path")) }
    if auditHead == storePath { result.append((.auditHead, "is the file of store.path")) }
    if auditHead == storeSecrets { result.append((.auditHead, "is the file of store.secrets")) }
    return result
  }

  private var deliveryContradictions: [(key: ConfigurationKey, reason: String)] {
    var result: [(key: ConfigurationKey, reason: String)] = []
    if deliveryEmail != nil && deliveryEmailFrom == nil {
      result.append((.deliveryEmail, "needs delivery.email_from beside it"))
    }
    if deliverySMS != nil && deliverySMSTemplate == nil {
      result.append((.deliverySMS, "needs delivery.sms_template beside it"))
    }
    if httpURL == nil {
      let reason = "needs http.url beside it: the links in messages have to lead here"
      if deliveryEmail != nil { result.append((.deliveryEmail, reason)) }
      if deliverySMS != nil { result.append((.deliverySMS, reason)) }
    }
    return result
  }
}
