import Primitives

extension NetworkAddress {
  /// Whether the address can belong to anybody on the Internet. Everything else leads into the
  /// operator's own network: blocks that the IANA's special-purpose registries (RFC 6890) do not
  /// call globally reachable, and multicast.
  var isPublic: Bool {
    if isIPv4 { return Self.isPublic(ipv4) }
    // 64:ff9b::/96 (RFC 6052) and 2002::/16 (RFC 3056) lead to an IPv4 address that they carry.
    if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 { return Self.isPublic(ipv4) }
    if high >> 48 == 0x2002 { return Self.isPublic(UInt32(truncatingIfNeeded: high >> 16)) }
    // Of global unicast, 2000::/3, less what is set aside for documentation and protocols.
    return high >> 61 == 0b001
      && high >> 32 != 0x2001_0DB8
      && high >> 44 != 0x3FFF0
      && high >> 41 != 0x2001_0000 >> 9
  }

  private static let special: [(block: UInt32, length: UInt32)] = [
    (0x0000_0000, 8),  // this network
    (0x0A00_0000, 8),  // private
    (0x6440_0000, 10),  // shared, behind a carrier's translation
    (0x7F00_0000, 8),  // loopback
    (0xA9FE_0000, 16),  // link-local, cloud metadata among it
    (0xAC10_0000, 12),  // private
    (0xC000_0000, 24),  // protocol assignments
    (0xC000_0200, 24),  // documentation
    (0xC058_6300, 24),  // 6to4 relays
    (0xC0A8_0000, 16),  // private
    (0xC612_0000, 15),  // benchmarks
    (0xC633_6400, 24),  // documentation
    (0xCB00_7100, 24),  // documentation
    (0xE000_0000, 3),  // multicast and reserved, broadcast among it
  ]

  private static func isPublic(_ ipv4: UInt32) -> Bool {
    !special.contains { block, length in (ipv4 ^ block) >> (32 - length) == 0 }
  }
}
