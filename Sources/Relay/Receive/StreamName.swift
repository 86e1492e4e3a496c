import Primitives

/// A MID or RID of at most 16 bytes as a plain value, so that finding one costs two comparisons.
struct StreamName: Equatable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var length: UInt8 = 0

  /// The name in a session description; nil if it is empty or too long.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.span.bytes, at: 0..<bytes.count)
  }

  /// The name in a header extension element; nil if it is empty or too long.
  init?(_ bytes: RawSpan, at range: Range<Int>) {
    guard !range.isEmpty, range.count <= 16 else { return nil }
    for offset in range {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(bytes[offset])
    }
    length = UInt8(range.count)
  }
}
