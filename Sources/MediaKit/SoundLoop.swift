import Primitives

/// Some seconds of test sound that are encoded once, and sent round and round by many.
///
/// It has no seam: what is played in a loop is heard as one sound that goes on. Stamps are
/// numbered from 0, and each takes 30 packets.
public struct SoundLoop: Sendable {
  /// How many packets carry one stamp.
  public static let packetsInStamp = TestSound.length / SoundFormat.packetSamples

  /// Whom the sound names.
  public let identity: UInt16
  /// The Opus packets, 20 ms each; behind the last comes the first.
  public let packets: [[UInt8]]

  /// Makes and encodes at least one stamp, and as many as fit into `duration`.
  public init(
    identity: UInt16, bitrate: Bitrate = .kilobitsPerSecond(32),
    duration: Duration = .seconds(4)
  ) throws(CodecError) {
    let count = max(1, Int(duration.ticks(at: SoundFormat.rate)) / TestSound.length)
    var samples: [Int16] = []
    for number in 0..<count {
      samples += TestSound.samples(
        for: TestStamp(identity: identity, number: UInt32(number)))
    }
    let encoder = try SoundEncoder(bitrate: bitrate)
    self.identity = identity
    // What is encoded first leaves the encoder as the end of the loop does; it is not kept.
    _ = try Self.packets(of: samples.suffix(TestSound.length), by: encoder)
    packets = try Self.packets(of: samples[...], by: encoder)
  }

  /// How long it takes to play once.
  public var duration: Duration { SoundFormat.packetDuration * packets.count }

  private static func packets(
    of samples: ArraySlice<Int16>, by encoder: SoundEncoder
  ) throws(CodecError) -> [[UInt8]] {
    var packets: [[UInt8]] = []
    for start in stride(from: samples.startIndex, to: samples.endIndex, by: packetSamples) {
      packets.append(try encoder.encode(samples[start..<start + packetSamples]))
    }
    return packets
  }

  private static var packetSamples: Int { SoundFormat.packetSamples }
}
