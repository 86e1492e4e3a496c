import Primitives

/// Which of the newest packet indices of a stream have been used (RFC 3711 section 3.3.2).
///
/// A bitmap that is used round and round: the bit of an index is its value modulo the size.
struct ReplayWindow: Sendable {
  /// What the window knows of an index.
  enum Verdict {
    case fresh
    case used
    /// Too far behind the highest: it may have been used.
    case tooOld
  }

  /// How many indices back it remembers, the highest among them.
  static let size = 1_024

  /// The highest index that was used.
  private(set) var highest: UInt64
  private var bits = InlineArray<16, UInt64>(repeating: 0)

  /// A window in which one index has been used.
  init(first index: UInt64) {
    highest = index
    setBit(of: index)
  }

  /// Whether `index` has been used. Changes nothing; only, what is borrowed of an array would be
  /// copied.
  mutating func verdict(on index: UInt64) -> Verdict {
    if index > highest { return .fresh }
    if highest - index >= UInt64(Self.size) { return .tooOld }
    return bits[Self.word(of: index)] & Self.mask(of: index) == 0 ? .fresh : .used
  }

  /// Uses an index up where it is fresh; what was known of it.
  mutating func use(_ index: UInt64) -> Verdict {
    let verdict = verdict(on: index)
    if verdict == .fresh { insert(index) }
    return verdict
  }

  /// Remembers that `index` was used, which must not be too old.
  mutating func insert(_ index: UInt64) {
    if index > highest {
      if index - highest >= UInt64(Self.size) {
        bits = InlineArray(repeating: 0)
      } else {
        for skipped in highest + 1...index {
          bits[Self.word(of: skipped)] &= ~Self.mask(of: skipped)
        }
      }
      highest = index
    }
    setBit(of: index)
  }

  private mutating func setBit(of index: UInt64) {
    bits[Self.word(of: index)] |= Self.mask(of: index)
  }

  private static func word(of index: UInt64) -> Int {
    Int(truncatingIfNeeded: index / 64) & (size / 64 - 1)
  }

  private static func mask(of index: UInt64) -> UInt64 { 1 << (index & 63) }
}

/// The windows of a direction's streams, found by SSRC.
///
/// A transport has some dozens of streams at most, and a burst of packets belongs to one: a scan
/// of a flat array that starts at the last one found costs less than hashing.
struct ReplayWindows: Sendable {
  private(set) var ssrcs: [UInt32] = []
  private var windows: [ReplayWindow] = []
  private var last = 0

  var count: Int { ssrcs.count }

  /// Has the processor bring near the window that was found last.
  func prefetch() {
    guard last < ssrcs.count else { return }
    ssrcs.withUnsafeBufferPointer { Primitives.prefetch($0, at: last) }
    windows.withUnsafeBufferPointer { Primitives.prefetch($0, at: last) }
  }

  /// Where the stream's window is; nil for a stream that is new.
  mutating func find(_ ssrc: UInt32) -> Int? {
    if last < ssrcs.count, ssrcs[last] == ssrc { return last }
    guard let index = ssrcs.firstIndex(of: ssrc) else { return nil }
    last = index
    return index
  }

  /// Begins a stream with the first index that it used.
  mutating func add(_ ssrc: UInt32, first index: UInt64) {
    ssrcs.append(ssrc)
    windows.append(ReplayWindow(first: index))
  }

  subscript(position: Int) -> ReplayWindow {
    _read { yield windows[position] }
    _modify { yield &windows[position] }
  }
}
