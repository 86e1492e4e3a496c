import Primitives
import Security

extension Benchmark {
  /// How many receivers a packet is forwarded to.
  static let fanOuts = [1, 2, 8, 64, 500]
  /// Where the whole is compared with the sum of its parts.
  static let comparedFanOut = 64

  /// The way of a packet to its receivers, as a whole and in parts.
  static let forward: [Benchmark] =
    [SyntheticStream.audioBytes, SyntheticStream.videoBytes].flatMap { size in
      [
        Benchmark("forward/receive/\(size)", of: "packet received", isLimited: true) {
          try ReceiveWorkload(size: size)
        },
        Benchmark("forward/unprotect/\(size)", of: "packet received") {
          UnprotectWorkload(.aeadAES128GCM, size: size)
        },
      ] + fanOuts.flatMap { forward(to: $0, size: size) }
    } + floor

  private static func forward(to receivers: Int, size: Int) -> [Benchmark] {
    let name = "forward/\(receivers)/\(size)"
    // One receiver shows what a packet costs that comes in, many what one costs that goes out.
    let isLimited = receivers == 1 || receivers == comparedFanOut
    let isCounted = receivers < 100
    var benchmarks = [
      Benchmark(name + "/whole", of: "packet sent", isLimited: isLimited, isCounted: isCounted) {
        try ForwardWorkload(to: receivers, size: size, coalescing: true)
      },
      Benchmark(name + "/rewrite", of: "packet sent", isLimited: isLimited, isCounted: isCounted) {
        try RelayWorkload(Gathering(viewers: receivers), size: size, protects: false)
      },
      Benchmark(name + "/protect", of: "packet sent", isCounted: isCounted) {
        ProtectForManyWorkload(to: receivers, size: size)
      },
      Benchmark(name + "/send", of: "packet sent", isLimited: isLimited, isCounted: isCounted) {
        try SendWorkload(to: receivers, size: size, coalescing: true)
      },
    ]
    if receivers == comparedFanOut, size == Floor.size {
      benchmarks += [
        Benchmark(name + "/whole-apart", of: "packet sent, delivered one by one") {
          try ForwardWorkload(to: receivers, size: size, coalescing: false)
        },
        Benchmark(name + "/send-apart", of: "packet sent, delivered one by one") {
          try SendWorkload(to: receivers, size: size, coalescing: false)
        },
      ]
    }
    return benchmarks
  }

  /// The parts that `forward` is compared with.
  private static let floor = [
    Benchmark("forward/floor/copy", of: "packet copied and rewritten") {
      CopyFloor(receivers: comparedFanOut)
    },
    Benchmark("forward/floor/gcm", of: "packet encrypted by EVP") {
      try CipherFloor(receivers: comparedFanOut)
    },
    Benchmark("forward/floor/send", of: "packet sent in segments") {
      try SendFloor(receivers: comparedFanOut, coalescing: true)
    },
    Benchmark("forward/floor/send-apart", of: "packet sent, delivered one by one") {
      try SendFloor(receivers: comparedFanOut, coalescing: false)
    },
  ]

  /// A worker's turn with everything that belongs to it.
  static let turn = [
    Benchmark("turn", of: "packet sent, 10 rooms of 3", isLimited: true) { try TurnWorkload() }
  ]

  /// All, in the order of the table.
  static let all = wire + srtp + forward + turn + control + growth
}
