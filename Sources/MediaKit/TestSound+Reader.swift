import Glibc

extension TestSound {
  /// A stamp that was heard.
  public struct Reading: Hashable, Sendable {
    /// What it says.
    public var stamp: TestStamp
    /// The sample with which its sound began, counted from the first that the reader was fed;
    /// right to a millisecond where nothing was lost. The encoder's lookahead is in it.
    public var sample: Int
  }

  /// Finds the stamps in decoded sound, wherever they start in it: `receive`, then `poll()` until
  /// it is nil.
  ///
  /// A symbol counts when the same tones stand out clearly in two measurements in a row, and a
  /// stamp when its ten symbols follow each other at the right distance and the check is theirs.
  /// Whatever was lost or made up on the way makes a stamp go missing, and never a wrong one.
  public struct Reader: Sendable {
    private var meter = ToneMeter()
    private var samples = 0
    /// The strength of the tones that name places, in the last measurement.
    private var strengths = [Float](repeating: 0, count: symbolCount)
    /// The sample at which the tone that names the place last changed.
    private var boundary = 0
    private var symbol: Symbol?
    private var repetitions = 0
    private var message = Message()
    private var readings: [Reading] = []

    /// A reader that has heard nothing.
    public init() {}

    /// Takes the next samples, any number of them.
    public mutating func receive(_ samples: ArraySlice<Int16>) {
      for sample in samples {
        self.samples += 1
        if meter.receive(sample) { takeMeasurement() }
      }
    }

    /// The next stamp that has been heard to its end.
    public mutating func poll() -> Reading? {
      readings.isEmpty ? nil : readings.removeFirst()
    }

    private mutating func takeMeasurement() {
      findBoundary()
      let heard = Symbol(meter.powers)
      repetitions = heard == symbol ? repetitions + 1 : 1
      symbol = heard
      guard let heard, repetitions == 2 else { return }
      message.append(heard, at: boundary)
      guard let stamp = message.stamp else { return }
      readings.append(Reading(stamp: stamp, sample: message.start))
      message = Message()
    }

    /// Between two measurements in which a different tone is the stronger one, the two are equal
    /// when the window has as much of the one symbol as of the next: its middle is their border.
    private mutating func findBoundary() {
      let next = meter.powers.prefix(symbolCount).map { $0.squareRoot() }
      defer { strengths = next }
      guard let old = strengths.indices.max(by: { strengths[$0] < strengths[$1] }),
        let new = next.indices.max(by: { next[$0] < next[$1] }), old != new
      else { return }
      let before = strengths[old] - strengths[new]
      let after = next[new] - next[old]
      guard before + after > 0 else { return }
      let middle = samples - ToneMeter.window / 2
      boundary = middle - Int(Float(ToneMeter.step) * after / (before + after))
    }
  }

  /// What is heard in one measurement.
  private struct Symbol: Equatable {
    var place: Int
    var byte: UInt8

    /// Nil where one band has no tone that stands out.
    init?(_ powers: [Float]) {
      guard let place = Self.digit(powers, band: 0, of: symbolCount),
        let high = Self.digit(powers, band: 1, of: tonesInBand),
        let low = Self.digit(powers, band: 2, of: tonesInBand)
      else { return nil }
      self.place = place
      byte = UInt8(high << 4 | low)
    }

    private static func digit(_ powers: [Float], band: Int, of count: Int) -> Int? {
      let powers = powers[band * tonesInBand..<band * tonesInBand + count]
      guard let best = powers.indices.max(by: { powers[$0] < powers[$1] }),
        powers[best] > faintest * faintest
      else { return nil }
      let isClear = powers.indices.allSatisfy {
        $0 == best || powers[$0] * clarity < powers[best]
      }
      return isClear ? best - powers.startIndex : nil
    }

    /// The amplitude below which a tone counts for nothing.
    private static let faintest = Float(amplitude) / 16
    /// By how much the tone must outdo any other of its band, in power.
    private static let clarity: Float = 3
  }

  /// The symbols of a stamp, as far as they have been heard.
  private struct Message {
    private var bytes: [UInt8] = []
    private var last = 0
    /// The sample with which the first symbol began: told by the second one, because what was
    /// before the first may have been silence.
    private(set) var start = 0

    /// Takes the next symbol, which started at `boundary`. One that does not follow starts anew.
    mutating func append(_ symbol: Symbol, at boundary: Int) {
      if symbol.place == bytes.count - 1, symbol.byte == bytes.last { return }
      let isInTime = bytes.count < 2 || abs(boundary - last - symbolLength) <= tolerance
      if symbol.place != bytes.count || !isInTime { bytes = [] }
      guard symbol.place == bytes.count else { return }
      bytes.append(symbol.byte)
      last = boundary
      if bytes.count == 2 { start = boundary - symbolLength }
    }

    /// The stamp, when all of it is there.
    var stamp: TestStamp? {
      guard bytes.count == symbolCount else { return nil }
      var words = InlineArray<5, UInt16>(repeating: 0)
      for (place, byte) in bytes.enumerated() {
        words[place / 2] = words[place / 2] << 8 | UInt16(byte)
      }
      return TestStamp(words: words)
    }
  }

  /// By how many samples a symbol may be early or late: 15 ms.
  private static let tolerance = 720
}
