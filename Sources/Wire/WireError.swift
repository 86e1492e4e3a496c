/// Why bytes from the network are not what they should be.
///
/// One case a kind of fault, so that drops can be counted by reason; none of them carries a byte
/// of what was received.
public enum WireError: String, Error, Hashable, Sendable, CaseIterable {
  /// Fewer bytes than a length or count in them says.
  case truncated
  /// Another protocol version than the one that is spoken here.
  case version
  /// Padding of no bytes, or of more bytes than there are.
  case padding
  /// A length or count that contradicts another one.
  case length
  /// A value that the format reserves.
  case reserved
}
