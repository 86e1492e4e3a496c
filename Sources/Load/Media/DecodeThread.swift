import MediaKit
import Primitives
import Runtime
import Synchronization
import Wire

/// Decodes what some viewers get, and checks that it is what was sent, on a thread of its own.
final class DecodeThread: Sendable {
  /// One track of one viewer.
  struct Stream: Hashable, Sendable {
    var viewer: UInt32
    var publisher: UInt32
    var source: MediaSource
  }

  /// A frame or a sound that has come.
  struct Job: Sendable {
    var stream: Stream
    /// The publisher's count of it.
    var number: UInt32
    /// Whom it must name.
    var identity: UInt16
    var bytes: [UInt8]
    var arrived: Instant
  }

  /// What was decoded.
  enum Finding: Sendable {
    /// A picture: which of its loop, how like the original, and when it could be shown.
    case picture(Stream, number: UInt32, decibels: Double, at: Instant)
    /// A stamp was heard that begins with this sound of its loop, which had come then.
    case sound(Stream, number: UInt32, at: Instant)
    /// It shows or says somebody else, or nothing that can be read.
    case wrong(Stream)
    /// A decoder refused it.
    case undecodable(Stream)
  }

  let findings: Mailbox<Finding>
  private let jobs: Mailbox<Job>
  private let isStopping = Atomic<Bool>(false)
  private let usedTime = Atomic<Int64>(0)

  init() throws(SystemError) {
    jobs = try Mailbox(capacity: Limits.workerMailboxLetters)
    findings = try Mailbox(capacity: Limits.workerMailboxLetters)
  }

  func start() throws(SystemError) -> WorkerThread {
    try WorkerThread(name: "decode") { self.run() }
  }

  /// Hands something over; false where the thread is too far behind.
  func post(_ job: Job) -> Bool { jobs.post(job) }

  /// Processor time that the thread has used, as of its last turn.
  var processorTime: Duration { Duration(nanoseconds: usedTime.load(ordering: .relaxed)) }

  func requestStop() {
    isStopping.store(true, ordering: .releasing)
    jobs.nudge()
  }

  private func run() {
    var decoders: [Stream: StreamDecoder] = [:]
    guard var loop = try? EventLoop(),
      (try? loop.watch(jobs.descriptor, for: .reading, token: 0)) != nil
    else { return }
    while !isStopping.load(ordering: .acquiring) {
      loop.wait(until: nil)
      jobs.acknowledge()
      while let job = jobs.take() {
        if decoders[job.stream] == nil { decoders[job.stream] = StreamDecoder(job.stream) }
        for finding in decoders[job.stream]?.decode(job) ?? [] { _ = findings.post(finding) }
      }
      usedTime.store(ThreadClock.now().nanoseconds, ordering: .relaxed)
    }
  }
}

/// The decoder of one track, and what is needed to judge what comes out.
private final class StreamDecoder {
  private let stream: DecodeThread.Stream
  private let pictures: PictureDecoder?
  private let sounds: SoundDecoder?
  private var shown = Picture(width: 0, height: 0)
  private var original = Picture(width: 0, height: 0)
  private var reader = TestSound.Reader()
  /// When the sounds came that the reader was given, and the number of the next.
  private var arrivals: [Instant] = []
  private var nextSound: UInt32?
  /// Sounds in a row that are made up where they are missing; of more, the reader starts anew.
  private static let concealed: UInt32 = 10

  init?(_ stream: DecodeThread.Stream) {
    self.stream = stream
    do throws(CodecError) {
      pictures = stream.source.kind == .video ? try PictureDecoder() : nil
      sounds = stream.source.kind == .audio ? try SoundDecoder() : nil
    } catch {
      return nil
    }
  }

  func decode(_ job: DecodeThread.Job) -> [DecodeThread.Finding] {
    do throws(CodecError) {
      if let pictures { return [try show(job, by: pictures)] }
      if let sounds { return try hear(job, by: sounds) }
      return []
    } catch {
      return [.undecodable(stream)]
    }
  }

  private func show(
    _ job: DecodeThread.Job, by decoder: PictureDecoder
  ) throws(CodecError) -> DecodeThread.Finding {
    try decoder.decode(job.bytes.span.bytes, into: &shown)
    let now = MonotonicClock.now()
    guard let stamp = TestPicture.read(shown), stamp.identity == job.identity else {
      return .wrong(stream)
    }
    if original.width != shown.width || original.height != shown.height {
      original = Picture(width: shown.width, height: shown.height)
    }
    TestPicture.draw(stamp, into: &original)
    return .picture(
      stream, number: stamp.number, decibels: shown.psnr(against: original) ?? 0, at: now)
  }

  private func hear(
    _ job: DecodeThread.Job, by decoder: SoundDecoder
  ) throws(CodecError) -> [DecodeThread.Finding] {
    let missing = job.number &- (nextSound ?? job.number)
    nextSound = job.number &+ 1
    if missing > Self.concealed {
      reader = TestSound.Reader()
      arrivals = []
    } else {
      for _ in 0..<missing {
        reader.receive(try decoder.conceal())
        arrivals.append(job.arrived)
      }
    }
    reader.receive(try decoder.decode(job.bytes.span.bytes))
    arrivals.append(job.arrived)
    var findings: [DecodeThread.Finding] = []
    while let reading = reader.poll() {
      guard reading.stamp.identity == job.identity else {
        findings.append(.wrong(stream))
        continue
      }
      let sound = (reading.sample + SoundFormat.packetSamples / 2) / SoundFormat.packetSamples
      let first = reading.stamp.number * UInt32(SoundLoop.packetsInStamp)
      guard arrivals.indices.contains(sound) else { continue }
      findings.append(.sound(stream, number: first, at: arrivals[sound]))
    }
    return findings
  }
}
