import Primitives

/// Where a server takes signaling connections, and which way they come.
public struct SignalingAddress: Equatable, Sendable {
  /// The way in.
  public var way: WebServer.Way
  /// Whether TLS protects it.
  public var isEncrypted: Bool
  /// A name or an address, an IPv6 one without brackets.
  public var host: String
  /// The port.
  public var port: UInt16
  /// The path of a WebSocket.
  public var path: String

  /// Reads `tcp://HOST:PORT`, `ws://HOST[:PORT][/PATH]` or `wss://…`; nil where the text is none of
  /// them. A WebSocket without a path is that of the signaling protocol. Lines over TLS are missing:
  /// the library of this generation begins their handshake before the connection is there.
  public init?(_ text: String) {
    guard let split = text.firstRange(of: "://") else { return nil }
    switch text[..<split.lowerBound] {
    case "tcp": (way, isEncrypted) = (.lines, false)
    case "ws": (way, isEncrypted) = (.webSocket, false)
    case "wss": (way, isEncrypted) = (.webSocket, true)
    default: return nil
    }
    let rest = text[split.upperBound...]
    let place = rest.prefix { $0 != "/" }
    let path = String(rest[place.endIndex...])
    guard way == .webSocket || path.isEmpty, let (host, port) = Self.split(place) else {
      return nil
    }
    let usual: UInt16? = way == .lines ? nil : isEncrypted ? 443 : 80
    guard let port = port ?? usual else { return nil }
    self.host = host
    self.port = port
    self.path = path.count > 1 ? path : way == .webSocket ? "/v1/signal" : ""
  }

  /// A host and, behind a colon, a port; nil where either makes no sense.
  private static func split(_ place: Substring) -> (host: String, port: UInt16?)? {
    var host = place
    var digits: Substring?
    if place.hasPrefix("[") {
      guard let end = place.firstIndex(of: "]") else { return nil }
      host = place[..<end].dropFirst()
      let rest = place[place.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      digits = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = place.lastIndex(of: ":") {
      host = place[..<colon]
      digits = place[place.index(after: colon)...]
    }
    guard !host.isEmpty else { return nil }
    guard let digits else { return (String(host), nil) }
    guard let port = UInt16(digits), port > 0 else { return nil }
    return (String(host), port)
  }
}
