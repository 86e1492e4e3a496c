import Primitives

/// What happened in a run, line by line, and one number that stands for all of it.
///
/// Two runs of the same seed have the same digest; the lines are kept only where somebody wants
/// to read them.
public struct Trace: Sendable {
  /// FNV-1a over every line.
  public private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
  /// How many lines there were.
  public private(set) var count = 0
  /// The lines, where they are kept.
  public private(set) var lines: [String] = []
  private let keepsLines: Bool

  /// An empty trace.
  public init(keepsLines: Bool) { self.keepsLines = keepsLines }

  /// Adds a line.
  public mutating func note(_ now: Instant, _ text: @autoclosure () -> String) {
    let line = "\(now) \(text())"
    for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    count += 1
    if keepsLines { lines.append(line) }
  }
}
