import CProcessor

/// Memory for things of which there are many, each wanted for a moment and then not for long: those
/// of one size stand side by side in large pages, where the processor finds them at once.
public struct NearMemory: ~Copyable {
  /// Its first byte, at the beginning of a cache line. What the bytes are is not known.
  public let start: UnsafeMutableRawPointer
  /// How many there are.
  public let count: Int

  /// Takes `bytes`, 1 to 2 MiB.
  public init(bytes: Int) {
    guard let memory = processor_memory_take(bytes) else {
      preconditionFailure("no memory for \(bytes) bytes")
    }
    start = memory
    count = bytes
  }

  deinit { processor_memory_give(start, count) }
}
