/// An IPv4 or IPv6 address with a port: one end of a 5-tuple whose protocol is UDP.
///
/// An IPv4 address is held in its IPv6-mapped form (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2),
/// so that an address compares equal however the socket that it was seen on reports it.
public struct NetworkAddress: Hashable, Sendable {
  /// The upper eight bytes of the IPv6 form, in network order.
  public let high: UInt64
  /// The lower eight bytes of the IPv6 form, in network order.
  public let low: UInt64
  /// The port, 0...65535.
  public let port: UInt16

  /// An IPv6 address (or mapped IPv4 address) from its two halves.
  @inlinable
  public init(high: UInt64, low: UInt64, port: UInt16) {
    self.high = high
    self.low = low
    self.port = port
  }

  /// An IPv4 address from its 32 bits, `127.0.0.1` being `0x7F00_0001`.
  @inlinable
  public init(ipv4: UInt32, port: UInt16) {
    self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4), port: port)
  }

  /// Whether this is an IPv4 address.
  @inlinable
  public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// The 32 bits of an IPv4 address; meaningless for an IPv6 address.
  @inlinable
  public var ipv4: UInt32 { UInt32(truncatingIfNeeded: low) }

  /// The same host with another port.
  public func with(port: UInt16) -> NetworkAddress {
    NetworkAddress(high: high, low: low, port: port)
  }

  /// Whether the address is on this host alone: 127.0.0.0/8 or ::1.
  public var isLoopback: Bool { isIPv4 ? ipv4 >> 24 == 127 : high == 0 && low == 1 }

  /// The address without port, as SDP and logs write it (RFC 5952 for IPv6).
  public var host: String {
    if isIPv4 {
      return (0..<4).map { String(ipv4 >> UInt32(24 - 8 * $0) & 0xFF) }.joined(separator: ".")
    }
    return Self.text(
      groups: (0..<8).map { group in
        UInt16(truncatingIfNeeded: (group < 4 ? high : low) >> UInt64(48 - 16 * (group % 4)))
      })
  }

  private static func text(groups: [UInt16]) -> String {
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(1, best.count) { best = start..<end }
      start = max(end, start + 1)
    }
    func join(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return join(groups[...]) }
    return join(groups[..<best.lowerBound]) + "::" + join(groups[best.upperBound...])
  }

  /// Reads an address without port: dotted IPv4 or IPv6 (RFC 4291 section 2.2), no names.
  public init?(host: String, port: UInt16) {
    if let bits = Self.parseIPv4(host) {
      self.init(ipv4: bits, port: port)
      return
    }
    guard let (high, low) = Self.parseIPv6(host) else { return nil }
    self.init(high: high, low: low, port: port)
  }

  private static func parseIPv4(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let byte = UInt8(part)
      else { return nil }
      bits = bits << 8 | UInt32(byte)
    }
    return bits
  }

  private static func parseIPv6(_ text: String) -> (UInt64, UInt64)? {
    guard text.utf8.count <= 45, text.contains(":") else { return nil }
    func groups(_ half: Substring) -> [UInt16]? {
      if half.isEmpty { return [] }
      var result: [UInt16] = []
      for part in half.split(separator: ":", omittingEmptySubsequences: false) {
        if part.contains("."), let bits = parseIPv4(String(part)) {
          result += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
        } else if (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16) {
          result.append(group)
        } else {
          return nil
        }
      }
      return result
    }
    var all: [UInt16]
    if let gap = text.firstRange(of: "::") {
      guard let front = groups(text[..<gap.lowerBound]), let back = groups(text[gap.upperBound...]),
        front.count + back.count <= 7
      else { return nil }
      all = front + Array(repeating: 0, count: 8 - front.count - back.count) + back
    } else {
      guard let whole = groups(text[...]), whole.count == 8 else { return nil }
      all = whole
    }
    let half = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
    return (half(all[..<4]), half(all[4...]))
  }
}

extension NetworkAddress: CustomStringConvertible {
  /// `host:port`, or `[host]:port` for IPv6. Personal data where it is a client's: wrap it in
  /// `Redacted` before it can reach a log.
  public var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}
