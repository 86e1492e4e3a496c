/// Where the blocks of a stamp stand in a picture of a given size.
///
/// A block's side is a multiple of 8, and the first one stands at a multiple of 16, so that the
/// blocks lie on the codec's own and cost it next to nothing.
struct BarCode {
  private static let columns = 16
  private static let rows = TestStamp.wordCount
  private static let black: UInt8 = 40
  private static let white: UInt8 = 216
  /// A block whose mean lies between these two is neither.
  private static let doubt = 97...159

  private let side: Int
  private let left: Int
  private let top: Int

  /// Nil where there is no room.
  init?(width: Int, height: Int) {
    side = max(8, min(width / 20, height / 9) / 8 * 8)
    let (spareWidth, spareHeight) = (width - Self.columns * side, height - Self.rows * side)
    guard spareWidth >= 0, spareHeight >= 0 else { return nil }
    left = spareWidth / 2 / 16 * 16
    top = spareHeight / 2 / 16 * 16
  }

  func draw(_ words: InlineArray<5, UInt16>, into picture: inout Picture) {
    let width = picture.width
    var luma = picture.bytes.mutableSpan
    for row in 0..<Self.rows {
      for column in 0..<Self.columns {
        let isSet = words[row] & Self.bit(column) != 0
        for y in top + row * side..<top + (row + 1) * side {
          let start = y * width + left + column * side
          for place in start..<start + side { luma[place] = isSet ? Self.white : Self.black }
        }
      }
    }
  }

  /// The words; nil where one block is in doubt.
  func read(_ picture: Picture) -> InlineArray<5, UInt16>? {
    var words = InlineArray<5, UInt16>(repeating: 0)
    for row in 0..<Self.rows {
      for column in 0..<Self.columns {
        let mean = mean(of: picture, row: row, column: column)
        if Self.doubt.contains(mean) { return nil }
        if mean > Self.doubt.upperBound { words[row] |= Self.bit(column) }
      }
    }
    return words
  }

  /// The mean of a block's inner half, which its neighbours do not bleed into.
  private func mean(of picture: Picture, row: Int, column: Int) -> Int {
    let luma = picture.bytes.span
    let inner = side / 2
    let start = (top + row * side + side / 4) * picture.width + left + column * side + side / 4
    var sum = 0
    for y in 0..<inner {
      for x in 0..<inner { sum += Int(luma[start + y * picture.width + x]) }
    }
    return sum / (inner * inner)
  }

  private static func bit(_ column: Int) -> UInt16 { 0x8000 >> UInt16(column) }
}
