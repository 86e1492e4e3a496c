/// Where all randomness comes from, OpenSSL's own excepted.
///
/// The daemon seeds one from the kernel at start; the simulator from its seed, so that a run can
/// be replayed. ChaCha20 (RFC 8439) makes the stream unpredictable from any part of its output,
/// which identifiers, ICE credentials and invite secrets need.
public struct RandomSource: Sendable {
  private var key: InlineArray<8, UInt32>
  private var counter: UInt64 = 0
  private var block = InlineArray<16, UInt32>(repeating: 0)
  private var used = 16

  /// A source whose stream follows from 32 bytes of seed; fewer bytes are padded with zeros.
  public init(seed: [UInt8]) {
    key = InlineArray(repeating: 0)
    for (index, byte) in seed.prefix(32).enumerated() {
      key[index / 4] |= UInt32(byte) << UInt32(8 * (index % 4))
    }
  }

  /// A source for tests and simulations: the same number gives the same stream.
  public init(seed: UInt64) {
    self.init(seed: (0..<8).map { UInt8(truncatingIfNeeded: seed >> (8 * UInt64($0))) })
  }

  /// A source of its own, whose stream is independent of this one's later output.
  public mutating func fork() -> RandomSource {
    RandomSource(seed: bytes(32))
  }

  /// `count` random bytes.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var result = [UInt8]()
    result.reserveCapacity(count)
    while result.count < count {
      let word = nextWord()
      for shift in 0..<4 where result.count < count {
        result.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * shift)))
      }
    }
    return result
  }

  /// A string of `length` characters of the given alphabet, each equally likely.
  public mutating func string(length: Int, alphabet: StaticString = RandomSource.iceCharacters)
    -> String
  {
    let letters = alphabet.withUTF8Buffer { Array($0) }
    return String(
      decoding: (0..<length).map { _ in letters.randomElement(using: &self) ?? 0 }, as: UTF8.self)
  }

  /// The 64 characters that ICE allows in a username fragment or password (RFC 8839 section 5.4).
  public static let iceCharacters: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  private mutating func nextWord() -> UInt32 {
    if used == 16 { refill() }
    defer { used += 1 }
    return block[used]
  }

  private mutating func refill() {
    var state = InlineArray<16, UInt32>(repeating: 0)
    state[0] = 0x6170_7865
    state[1] = 0x3320_646e
    state[2] = 0x7962_2d32
    state[3] = 0x6b20_6574
    for index in 0..<8 { state[4 + index] = key[index] }
    state[12] = UInt32(truncatingIfNeeded: counter)
    state[13] = UInt32(truncatingIfNeeded: counter >> 32)
    counter += 1
    var mixed = state
    for _ in 0..<10 {
      Self.quarterRound(&mixed, 0, 4, 8, 12)
      Self.quarterRound(&mixed, 1, 5, 9, 13)
      Self.quarterRound(&mixed, 2, 6, 10, 14)
      Self.quarterRound(&mixed, 3, 7, 11, 15)
      Self.quarterRound(&mixed, 0, 5, 10, 15)
      Self.quarterRound(&mixed, 1, 6, 11, 12)
      Self.quarterRound(&mixed, 2, 7, 8, 13)
      Self.quarterRound(&mixed, 3, 4, 9, 14)
    }
    for index in 0..<16 { block[index] = mixed[index] &+ state[index] }
    used = 0
  }

  private static func quarterRound(
    _ s: inout InlineArray<16, UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int
  ) {
    func rotate(_ value: UInt32, _ by: UInt32) -> UInt32 { value << by | value >> (32 - by) }
    s[a] = s[a] &+ s[b]
    s[d] = rotate(s[d] ^ s[a], 16)
    s[c] = s[c] &+ s[d]
    s[b] = rotate(s[b] ^ s[c], 12)
    s[a] = s[a] &+ s[b]
    s[d] = rotate(s[d] ^ s[a], 8)
    s[c] = s[c] &+ s[d]
    s[b] = rotate(s[b] ^ s[c], 7)
  }
}

extension RandomSource: RandomNumberGenerator {
  /// The next 64 bits of the stream.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }
}
