import Primitives
import Security

extension SRTPProfile {
  /// Its name in a benchmark's.
  var shortName: String {
    switch self {
    case .aes128CMSHA1_80: "cm"
    case .aeadAES128GCM: "gcm128"
    case .aeadAES256GCM: "gcm256"
    }
  }

  /// Keys that follow from a number.
  func masterKey(_ seed: UInt64) -> SRTPMasterKey {
    var random = RandomSource(seed: seed)
    return SRTPMasterKey(
      profile: self, key: random.bytes(keyLength), salt: random.bytes(saltLength))
  }
}

/// Packets of one size from one stream, and their protection.
struct ProtectedPackets: ~Copyable {
  let slab: PacketSlab
  private(set) var written: [SyntheticStream.Written] = []
  private var stream: SyntheticStream
  private var now = Instant.origin + .seconds(100)

  init(size: Int, count: Int) {
    slab = PacketSlab(capacity: count)
    stream = .of(size: size)
    written.reserveCapacity(count)
  }

  /// Writes the stream's next packets into all slots, in the clear.
  mutating func write() {
    written.removeAll(keepingCapacity: true)
    for index in 0..<slab.capacity {
      let position = index % stream.burst
      if position == 0 { now += SyntheticStream.frameInterval }
      written.append(stream.write(position, at: now, to: slab[index]))
    }
  }

  /// Protects all packets in place; how many bytes they have then.
  mutating func protect(with sender: inout SRTPSender) -> Int {
    var total = 0
    for index in 0..<slab.capacity {
      let packet = written[index]
      total +=
        sender.protectRTP(
          slab[index], length: packet.length, headerLength: packet.headerLength,
          index: packet.index) ?? 0
    }
    return total
  }
}

/// Protects packets of one stream.
final class ProtectWorkload: Workload {
  let operations = 256
  private let size: Int
  private var packets: ProtectedPackets
  private var sender: SRTPSender
  private var total = 0

  init(_ profile: SRTPProfile, size: Int) {
    self.size = size
    packets = ProtectedPackets(size: size, count: operations)
    sender = SRTPSender(profile.masterKey(1))
  }

  func prepare() { packets.write() }

  func run() { total = packets.protect(with: &sender) }

  func check() throws {
    guard total == operations * (size + sender.profile.rtpTrailer) else {
      throw BenchmarkFailure("a packet was not protected")
    }
  }
}

/// Checks and decrypts packets of one stream.
final class UnprotectWorkload: Workload {
  let operations = 256
  private let size: Int
  private var packets: ProtectedPackets
  private var sender: SRTPSender
  private var receiver: SRTPReceiver
  private var total = 0

  init(_ profile: SRTPProfile, size: Int) {
    self.size = size
    packets = ProtectedPackets(size: size, count: operations)
    sender = SRTPSender(profile.masterKey(1))
    receiver = SRTPReceiver(profile.masterKey(1))
  }

  func prepare() {
    packets.write()
    _ = packets.protect(with: &sender)
  }

  func run() { total = Self.unprotect(packets.slab, size, with: &receiver) }

  /// How many bytes all packets have in the clear.
  private static func unprotect(
    _ slab: PacketSlab, _ size: Int, with receiver: inout SRTPReceiver
  ) -> Int {
    let length = size + receiver.profile.rtpTrailer
    var total = 0
    for index in 0..<slab.capacity {
      total += (try? receiver.unprotectRTP(slab[index], length: length)) ?? 0
    }
    return total
  }

  func check() throws {
    guard total == operations * size else { throw BenchmarkFailure("a packet was refused") }
  }
}

extension Benchmark {
  /// SRTP by direction, profile and size.
  static let srtp: [Benchmark] = [SRTPProfile.aes128CMSHA1_80, .aeadAES128GCM, .aeadAES256GCM]
    .flatMap { profile in
      [SyntheticStream.audioBytes, SyntheticStream.videoBytes].flatMap { size in
        [
          Benchmark("srtp/protect/\(profile.shortName)/\(size)", of: "packet", isLimited: true) {
            ProtectWorkload(profile, size: size)
          },
          Benchmark("srtp/unprotect/\(profile.shortName)/\(size)", of: "packet", isLimited: true) {
            UnprotectWorkload(profile, size: size)
          },
        ]
      }
    }
}
