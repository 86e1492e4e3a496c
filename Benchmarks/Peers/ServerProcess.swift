import Glibc
import Primitives
import Runtime

/// A server that runs on one processor of its own, with a folder for what it needs.
final class ServerProcess {
  /// The processor that a server has for itself.
  static let processor = 0

  /// A fresh folder, removed at the end.
  let folder: String
  private let network: PeerNetwork
  private var process: ChildProcess?

  init(in network: PeerNetwork) throws {
    self.network = network
    var pattern = Array("/tmp/samtal-peers-XXXXXX".utf8CString)
    guard mkdtemp(&pattern) != nil else { throw BenchmarkFailure("no folder can be made") }
    folder = String(decoding: pattern.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { stop() }

  /// The system's number of the process.
  var number: Int32 { process?.number ?? 0 }

  /// Starts a program; what it prints goes to the file `output` in the folder.
  func start(_ arguments: [String]) throws {
    process = try ChildProcess(
      network.entering + ["taskset", "-c", String(Self.processor)] + arguments,
      output: folder + "/output")
  }

  /// Ends it, by force where it takes its time, and removes the folder.
  func stop() {
    process?.stop()
    guard access(folder, F_OK) == 0 else { return }
    _ = try? ChildProcess.succeeds(["rm", "-rf", folder])
  }

  /// Whether it is still there.
  var isRunning: Bool { process?.isRunning ?? false }

  /// What it has printed so far.
  var output: String { (try? WholeFile.read(folder + "/output")) ?? "" }

  /// Time that all of its threads have used so far.
  var processorTime: Duration {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(number, &clock) == 0, clock_gettime(clock, &time) == 0 else {
      return .zero
    }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Bytes of memory that are its own or shared and present (`VmRSS`).
  var residentBytes: Int {
    let text = (try? WholeFile.read("/proc/\(number)/status")) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }) ?? []
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 1_024
  }
}
