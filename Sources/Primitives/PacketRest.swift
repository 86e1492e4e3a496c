/// The part of a packet that does not stand in its slot yet, but where the publisher's packet does.
///
/// Whoever encrypts a packet reads its bytes and writes others: those that go out as they came in
/// need not be copied before.
public struct PacketRest {
  /// The bytes; good for as long as the packet that they come from.
  public let bytes: UnsafeRawBufferPointer
  /// Where in the packet they belong.
  public let start: Int

  /// Names bytes, and where they belong.
  public init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    self.bytes = bytes
    self.start = start
  }

  /// All of the packet stands in its slot.
  public static var none: PacketRest {
    PacketRest(UnsafeRawBufferPointer(start: nil, count: 0), at: 0)
  }

  /// Puts the bytes where they belong.
  public func copy(into slot: UnsafeMutableRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    UnsafeMutableRawBufferPointer(rebasing: slot[start..<start + bytes.count])
      .copyMemory(from: bytes)
  }
}
