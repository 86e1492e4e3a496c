import Primitives

/// Pictures that follow from a stamp alone, and carry it in blocks that outlive a low bitrate.
///
/// A texture glides over the picture by whole pixels, which a codec predicts well, under a little
/// noise that is new in every picture, so that there is always something to spend bits on. Upon it
/// stands the stamp: five rows of 16 blocks, one a word, the high bit on the left, white for 1:
///
///     +--------------------------------+
///     |            texture             |
///     |    +----------------------+    |
///     |    |       identity       |    |
///     |    |  number, high word   |    |
///     |    |  number, low word    |    |
///     |    |  check, high word    |    |
///     |    |  check, low word     |    |
///     |    +----------------------+    |
///     +--------------------------------+
public enum TestPicture {
  /// Draws the picture of a stamp over whatever was there. One that is smaller than 128 x 40 has
  /// no room for the blocks.
  public static func draw(_ stamp: TestStamp, into picture: inout Picture) {
    drawLuma(stamp, into: &picture)
    drawChroma(stamp, into: &picture)
    guard let bars = BarCode(width: picture.width, height: picture.height) else { return }
    bars.draw(stamp.words, into: &picture)
  }

  /// The stamp of a picture; nil where there is none, or any block of it is in doubt.
  public static func read(_ picture: Picture) -> TestStamp? {
    guard let bars = BarCode(width: picture.width, height: picture.height),
      let words = bars.read(picture)
    else { return nil }
    return TestStamp(words: words)
  }

  private static func drawLuma(_ stamp: TestStamp, into picture: inout Picture) {
    let step = Int(truncatingIfNeeded: stamp.number)
    let (across, down) = (2 * step + 37 * Int(stamp.identity), step + 11 * Int(stamp.identity))
    let (width, height) = (picture.width, picture.height)
    let shades = (0..<width).map { UInt8(48 + triangle($0 + 3 * step, period: 256) / 2) }
    let shade = shades.span
    let texture = Texture.tile.span
    let noise = Texture.noise.span
    var luma = picture.bytes.mutableSpan
    for y in 0..<height {
      let line = y * width
      let row = (y + down) % Texture.side * Texture.side
      let grain = step &* 7_919 + y &* 1_543
      for x in 0..<width {
        let detail = texture[row + (x + across) % Texture.side]
        luma[line + x] = shade[x] &+ detail &+ noise[(grain + x) % Texture.noiseCount]
      }
    }
  }

  /// Every identity has its own colour, and it wanders a little.
  private static func drawChroma(_ stamp: TestStamp, into picture: inout Picture) {
    let (width, height) = (picture.chromaWidth, picture.chromaHeight)
    let (first, second) = (picture.lumaCount, picture.lumaCount + picture.chromaCount)
    let step = Int(truncatingIfNeeded: stamp.number)
    let cb = 80 + Int(stamp.identity) * 29 % 64
    let cr = 80 + Int(stamp.identity) * 47 % 64
    var chroma = picture.bytes.mutableSpan
    for y in 0..<height {
      let tint = triangle(y + step, period: 128) / 4
      for x in 0..<width {
        chroma[first + y * width + x] = UInt8(truncatingIfNeeded: cb + tint)
        chroma[second + y * width + x] = UInt8(truncatingIfNeeded: cr + tint)
      }
    }
  }

  /// Goes from 0 to half of the period, and back.
  private static func triangle(_ value: Int, period: Int) -> Int {
    let place = value % period
    return min(place, period - place)
  }
}

/// What glides over test pictures, and the specks upon it; the same in every process.
private enum Texture {
  /// Columns and rows of the tile, which joins on to itself.
  static let side = 64
  static let noiseCount = 4_096
  private static let cell = 8

  /// Values from 0 to 95: random at the corners of cells, and in between by proportion.
  static let tile: [UInt8] = {
    let corners = side / cell
    var random = RandomSource(seed: 1)
    let heights = random.bytes(corners * corners).map { Int($0) % 96 }
    return (0..<side * side).map { index in
      let (column, right) = (index % side / cell, index % cell)
      let (row, below) = (index / side / cell, index / side % cell)
      func height(_ row: Int, _ column: Int) -> Int {
        heights[row % corners * corners + column % corners]
      }
      let upper = height(row, column) * (cell - right) + height(row, column + 1) * right
      let lower = height(row + 1, column) * (cell - right) + height(row + 1, column + 1) * right
      return UInt8(truncatingIfNeeded: (upper * (cell - below) + lower * below) / (cell * cell))
    }
  }()

  /// Values from 0 to 7.
  static let noise: [UInt8] = {
    var random = RandomSource(seed: 2)
    return random.bytes(noiseCount).map { $0 & 7 }
  }()
}
