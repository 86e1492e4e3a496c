/// Takes an input apart into numbers and strings of bytes, so that every input is a sequence of
/// operations. Behind its end all numbers are 0 and all strings empty.
struct FuzzInput {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: UnsafeRawBufferPointer) { rest = Array(bytes)[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func uint16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

  /// A number below `count`.
  mutating func index(below count: Int) -> Int { Int(byte()) % count }

  /// As many bytes as the two bytes before them say, or as there are.
  mutating func bytes() -> [UInt8] { bytes(Int(uint16())) }

  /// All that is left.
  mutating func remainder() -> [UInt8] { bytes(rest.count) }

  /// So many bytes, or as there are.
  mutating func bytes(_ count: Int) -> [UInt8] {
    let taken = Array(rest.prefix(count))
    rest = rest.dropFirst(count)
    return taken
  }
}

/// Runs `body` with the bytes at the start of a slot as large as a worker's.
func withSlot<Result>(
  _ bytes: [UInt8], _ body: (UnsafeMutableRawBufferPointer) -> Result
) -> Result {
  withUnsafeTemporaryAllocation(byteCount: 2_048, alignment: 16) { slot in
    slot.copyBytes(from: bytes.prefix(slot.count))
    return body(slot)
  }
}
