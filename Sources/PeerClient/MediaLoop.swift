import Primitives

/// Encoded media that is sent over and over: prepared once, shared by all clients that send it.
///
/// A picture's last packet, and every sound, leave room at their end for a `MediaMark`, which each
/// client writes as it sends: a decoder of VP8 reads nothing behind the last partition, and in an
/// Opus packet the room is padding (RFC 6716 section 3.2.5).
public final class MediaLoop: Sendable {
  /// One frame or sound.
  struct Unit: Sendable {
    /// The packets' payloads without a payload descriptor and without the mark.
    let packets: [[UInt8]]
    let isKeyFrame: Bool
  }

  /// Bytes of payload in a packet at most, the mark included.
  public static let packetBytes = 1_100

  let units: [Unit]
  /// Time from one to the next.
  public let interval: Duration

  /// Pictures, each an encoded frame: cut into packets of equal length, as browsers do. The first
  /// must be a key frame.
  public init(pictures: [(bytes: [UInt8], isKeyFrame: Bool)], interval: Duration) {
    precondition(pictures.first?.isKeyFrame == true, "nothing could be decoded before a key frame")
    self.interval = interval
    units = pictures.map { picture in
      Unit(packets: Self.cut(picture.bytes), isKeyFrame: picture.isKeyFrame)
    }
  }

  /// Sounds, each an Opus packet whose last bytes are padding, as many as a mark has.
  public init(sounds: [[UInt8]], interval: Duration) {
    precondition(!sounds.isEmpty && sounds.allSatisfy { $0.count > MediaMark.length })
    self.interval = interval
    units = sounds.map { sound in
      Unit(packets: [Array(sound.dropLast(MediaMark.length))], isKeyFrame: true)
    }
  }

  /// How many frames or sounds it has.
  public var count: Int { units.count }

  /// The place of the next key frame at or after one, round the loop.
  func keyFrame(from place: Int) -> Int {
    let order = (0..<units.count).lazy.map { (place + $0) % self.units.count }
    return order.first { self.units[$0].isKeyFrame } ?? 0
  }

  /// Parts of equal length, the last as much shorter as the mark is long.
  private static func cut(_ frame: [UInt8]) -> [[UInt8]] {
    let total = frame.count + MediaMark.length
    let parts = (total + packetBytes - 1) / packetBytes
    let length = (total + parts - 1) / parts
    return (0..<parts).map { part in
      Array(frame[min(part * length, frame.count)..<min((part + 1) * length, frame.count)])
    }
  }
}
