/// Which pages may open a WebSocket here (RFC 6455 section 10.2).
///
/// A browser sends the origin of the page that asks, and nothing in the page can change it.
/// Programs that are no browsers send none; they are let through, for the token is what lets
/// anybody do anything.
public struct OriginPolicy: Equatable, Sendable {
  private let allowed: Set<String>

  /// Allows the server's own host, and `origins` beside it ("https://clinic.example").
  public init(origins: [String] = []) { allowed = Set(origins.map { $0.lowercased() }) }

  /// Whether a request with this `Origin` header, addressed to this `Host`, may go on.
  public func permits(origin: String?, host: String?) -> Bool {
    guard let origin = origin?.lowercased(), !origin.isEmpty else { return true }
    if allowed.contains(origin) { return true }
    guard let host = host?.lowercased(), !host.isEmpty else { return false }
    return origin == "http://" + host || origin == "https://" + host
  }
}
