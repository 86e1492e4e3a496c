import Engine
import Primitives
import Runtime

/// A worker that is fed from memory with what a publisher sent, each frame in a turn of its own,
/// and sends to many. Used by one thread at a time.
final class RecordedFeed: @unchecked Sendable {
  /// Receivers of the publisher.
  private static let receivers = 64
  /// Frames in one recording: a second or so of work.
  private static let frames = 3_000

  private let rig: WorkerRig
  private var driver: WorkerDriver
  private let sink: TunSink?
  private var stream = SyntheticStream.of(size: SyntheticStream.videoBytes)
  private var recording: [UInt8] = []
  private var length = 0
  private var firstFrame = Instant.origin

  /// Without a sink, what is to be sent is thrown away before the kernel.
  init(number: Int, sink: TunSink?) throws {
    self.sink = sink
    driver = try WorkerDriver(bindingTo: NetworkAddress(high: 0, low: 0, port: 0))
    rig = try WorkerRig(
      Gathering(viewers: Self.receivers), seed: UInt64(number + 1),
      worker: NetworkAddress(ipv4: 0x7F00_0001, port: 40_000),
      addresses: (0...Self.receivers).map {
        sink?.address($0) ?? NetworkAddress(ipv4: 0x0A00_0002 + UInt32($0), port: 5_000)
      })
  }

  /// Records what the publisher sends next.
  func record() throws {
    try rig.calm(for: SyntheticStream.frameInterval * (Self.frames + 1))
    recording.removeAll(keepingCapacity: true)
    firstFrame = rig.now
    for _ in 0..<Self.frames {
      rig.now += SyntheticStream.frameInterval
      try rig.writeFrame(of: &stream, from: 0) { packet in
        length = packet.count
        recording += packet
      }
    }
  }

  /// Plays the recording; how many packets the worker sent a second of the thread's processor time.
  func play() -> Double {
    let before = rig.sentPackets
    let time = ThreadClock.time { turns() }
    return Double(rig.sentPackets - before) / time.seconds
  }

  private func turns() {
    let source = rig.clients[0].address
    recording.withUnsafeBytes { bytes in
      var now = firstFrame
      var offset = 0
      while offset < bytes.count {
        now += SyntheticStream.frameInterval
        for _ in 0..<stream.burst {
          let packet = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
          WorkerDriver.deliver(packet, from: source, to: &rig.worker, now: now)
          offset += length
        }
        if sink != nil {
          driver.finishTurn(&rig.worker, now: now)
        } else {
          WorkerDriver.finishTurn(&rig.worker, now: now) { _, _ in }
        }
      }
    }
  }

  /// Throws where the kernel has dropped what was sent, so that it cost less than it should.
  func check() throws {
    guard sink == nil || driver.sent > 0 else { throw BenchmarkFailure("nothing was sent") }
    guard driver.dropped * 100 <= driver.sent else {
      throw BenchmarkFailure("\(driver.dropped) packets were not taken, \(driver.sent) were")
    }
  }
}
