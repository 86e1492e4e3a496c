import Primitives

/// A UDP host candidate for RTP (`a=candidate`, RFC 8839 section 5.1); others are left out.
public struct SDPCandidate: Hashable, Sendable {
  /// Where the candidate listens.
  public var address: NetworkAddress
  /// How much it is preferred (RFC 8445 section 5.1.2).
  public var priority: UInt32

  /// Joins the two.
  public init(address: NetworkAddress, priority: UInt32) {
    self.address = address
    self.priority = priority
  }

  /// A host candidate whose place among its agent's addresses is `preference`, 0 the best:
  /// `2^24 × 126 + 2^8 × local preference + 255` (RFC 8445 section 5.1.2.1, component 1).
  public init(host address: NetworkAddress, preference: UInt16) {
    self.init(
      address: address, priority: 126 << 24 | UInt32(UInt16.max - preference) << 8 | 255)
  }
}
