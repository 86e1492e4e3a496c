import Glibc

/// Measures the tones of test sounds in 20 ms of samples, anew every 10 ms.
///
/// Tones are multiples of 50 Hz, so that each swings a whole number of times in 20 ms and has one
/// of two phases at the start of a 10 ms block. Each block is compared with every tone once, and a
/// window is the sum of its last two blocks.
struct ToneMeter {
  /// Samples from one measurement to the next.
  static let step = 480
  /// Samples of a measurement.
  static let window = blocks * step

  /// The power of each tone in the last 20 ms: the square of its amplitude.
  private(set) var powers = [Float](repeating: 0, count: ToneMeter.tones)

  private static let tones = TestSound.bands.count * TestSound.tonesInBand
  private static let blocks = 2
  /// Four samples are taken as one: all tones stay far below half of the rate that is left.
  private static let decimation = 4
  private static let blockLength = step / decimation

  private var pending: [Int16] = []
  private var sum = 0
  private var summed = 0
  /// Each of the last blocks: the in-phase part of every tone, then the other part.
  private var history = [[Int32]](
    repeating: [Int32](repeating: 0, count: 2 * ToneMeter.tones), count: ToneMeter.blocks)
  private var count = 0

  /// Takes one sample; true when there is a new measurement.
  mutating func receive(_ sample: Int16) -> Bool {
    sum += Int(sample)
    summed += 1
    guard summed == Self.decimation else { return false }
    pending.append(Int16(truncatingIfNeeded: sum / Self.decimation))
    (sum, summed) = (0, 0)
    guard pending.count == Self.blockLength else { return false }
    measure()
    pending.removeAll(keepingCapacity: true)
    return true
  }

  private mutating func measure() {
    var products = Self.products(pending)
    if count % 2 == 1 {
      // In the second half of 20 ms, what swings an odd number of times is upside down.
      for index in products.indices where Self.cycles(of: index % Self.tones) % 2 == 1 {
        products[index] = -products[index]
      }
    }
    history[count % Self.blocks] = products
    count += 1
    for tone in 0..<Self.tones { powers[tone] = power(of: tone) }
  }

  /// How much of each tone is in a block.
  private static func products(_ block: [Int16]) -> [Int32] {
    let waves = Self.waves.span
    let samples = block.span
    return (0..<2 * tones).map { index in
      var product: Int32 = 0
      for place in 0..<blockLength {
        product &+= Int32(samples[place]) &* Int32(waves[index * blockLength + place])
      }
      return product
    }
  }

  private func power(of tone: Int) -> Float {
    var (inPhase, quadrature): (Float, Float) = (0, 0)
    for block in history {
      inPhase += Float(block[tone])
      quadrature += Float(block[tone + Self.tones])
    }
    let full = Float(Self.waveAmplitude) * Float(Self.blockLength * Self.blocks) / 2
    return (inPhase * inPhase + quadrature * quadrature) / (full * full)
  }

  /// With 8 bits of wave and 16 of sample, a block's sum stays within 32.
  private static let waveAmplitude = 256.0

  /// 10 ms of every tone's cosine, and then of every sine.
  private static let waves: [Int16] = (0..<2 * tones * blockLength).map { index in
    let (tone, time) = (index / blockLength % tones, index % blockLength)
    let angle = Double.pi * Double(cycles(of: tone) * time) / Double(blockLength)
    let isSine = index >= tones * blockLength
    return Int16(waveAmplitude * (isSine ? sin(angle) : cos(angle)))
  }

  private static func cycles(of tone: Int) -> Int {
    TestSound.bands[tone / TestSound.tonesInBand] + tone % TestSound.tonesInBand
  }
}
