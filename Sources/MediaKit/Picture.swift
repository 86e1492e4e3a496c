import Glibc

/// A picture in I420: luma in full size, then two chroma planes in half of it, rows without gaps.
///
/// Whoever draws or decodes many keeps one and has it filled again and again: its memory is only
/// replaced when the size changes.
public struct Picture: Hashable, Sendable {
  /// Columns of the luma plane.
  public private(set) var width: Int
  /// Rows of the luma plane.
  public private(set) var height: Int
  /// The three planes one after another: luma, Cb, Cr.
  public internal(set) var bytes: [UInt8]

  /// A black picture; neither side may be negative.
  public init(width: Int, height: Int) {
    precondition(width >= 0 && height >= 0, "a picture has no negative side")
    self.width = width
    self.height = height
    bytes = []
    bytes = Self.black(lumaCount: lumaCount, chromaCount: chromaCount)
  }

  /// Columns of a chroma plane.
  public var chromaWidth: Int { (width + 1) / 2 }
  /// Rows of a chroma plane.
  public var chromaHeight: Int { (height + 1) / 2 }
  /// Bytes of the luma plane.
  public var lumaCount: Int { width * height }
  /// Bytes of one chroma plane.
  public var chromaCount: Int { chromaWidth * chromaHeight }

  /// How alike the luma of two pictures is, in decibels (peak signal to noise ratio): above 35
  /// the eye sees no difference, infinite is none, and nil means that the sizes differ.
  public func psnr(against other: Picture) -> Double? {
    guard width == other.width, height == other.height, lumaCount > 0 else { return nil }
    let mine = bytes.span
    let others = other.bytes.span
    var sum = 0
    for index in 0..<lumaCount {
      let difference = Int(mine[index]) - Int(others[index])
      sum += difference * difference
    }
    guard sum > 0 else { return .infinity }
    return 10 * log10(255 * 255 * Double(lumaCount) / Double(sum))
  }

  /// Gives it another size; what it shows is black then, and left alone where the size is the same.
  mutating func resize(width: Int, height: Int) {
    guard width != self.width || height != self.height else { return }
    self = Picture(width: width, height: height)
  }

  private static func black(lumaCount: Int, chromaCount: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 16, count: lumaCount + 2 * chromaCount)
    bytes.replaceSubrange(
      lumaCount..., with: repeatElement(UInt8(128), count: 2 * chromaCount))
    return bytes
  }
}
