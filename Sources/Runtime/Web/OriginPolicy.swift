import Primitives

/// Which pages may open a WebSocket here (RFC 6455 section 10.2).
///
/// A browser sends the origin of the page that asks, and nothing in the page can change it.
/// Programs that are no browsers send none; they are let through, for the token is what lets
/// anybody do anything.
public struct OriginPolicy: Equatable, Sendable {
  private let allowed: Set<String>
  private let scheme: String
  /// Whether a page is let in that was served at an address of ours. A name does not do: whoever
  /// owns it can have it lead here, and their page would be of "our" host.
  private let allowsAddresses: Bool

  /// Allows the page where ours are served ("https://clinic.example"), and `origins` beside it.
  /// Without one, pages at addresses that lead here are ours, and those of this machine itself.
  /// Where the server speaks TLS, no page is let in that came without.
  public init(page: String? = nil, origins: [String] = [], isEncrypted: Bool = false) {
    scheme = isEncrypted ? "https://" : "http://"
    let named = (origins + [page].compactMap { $0 }).map(Self.normal)
    allowed = Set(isEncrypted ? named.filter { $0.hasPrefix("https://") } : named)
    allowsAddresses = page == nil
  }

  /// Whether a request with this `Origin` header, addressed to this `Host`, may go on.
  public func permits(origin: String?, host: String?) -> Bool {
    guard let origin = origin?.lowercased(), !origin.isEmpty else { return true }
    if allowed.contains(origin) { return true }
    guard allowsAddresses, let host = host?.lowercased(), Self.isAddress(host) else {
      return false
    }
    return origin == Self.normal(scheme + host)
  }

  /// An origin as a browser writes it: in lower case, and without the scheme's own port.
  private static func normal(_ origin: String) -> String {
    let origin = origin.lowercased()
    for (scheme, port) in [("https://", ":443"), ("http://", ":80")]
    where origin.hasPrefix(scheme) && origin.hasSuffix(port) {
      return String(origin.dropLast(port.count))
    }
    return origin
  }

  /// Whether a host, with or without a port, is an IP address or this machine by its own name.
  private static func isAddress(_ host: String) -> Bool {
    var name = Substring(host)
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { name = host[..<colon] }
    if name == "localhost" { return true }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    return NetworkAddress(host: String(name), port: 0) != nil
  }
}
