import Glibc
import Primitives
import Runtime

/// A server that runs on one processor of its own, with a folder for what it needs.
final class ServerProcess {
  /// A fresh folder, removed at the end.
  let folder: String
  private var id: pid_t = 0

  init() throws {
    var pattern = Array("/tmp/samtal-peers-XXXXXX".utf8CString)
    guard mkdtemp(&pattern) != nil else { throw BenchmarkFailure("no folder can be made") }
    folder = String(decoding: pattern.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { stop() }

  /// The system's number of the process.
  var number: Int32 { id }

  /// Starts a program on a processor; what it prints goes to the file `output` in the folder.
  func start(_ arguments: [String], onProcessor processor: Int) throws {
    // It must not outlive a comparison that is broken off.
    id = try Self.spawn(
      ["setpriv", "--pdeathsig", "KILL", "taskset", "-c", String(processor)] + arguments,
      output: folder + "/output")
  }

  private static func spawn(_ arguments: [String], output: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = arguments.map { strdup($0) }
    defer { words.forEach { free($0) } }
    words.append(nil)
    var process: pid_t = 0
    guard posix_spawnp(&process, arguments[0], &actions, nil, words, environ) == 0 else {
      throw BenchmarkFailure("\(arguments[0]) does not start")
    }
    return process
  }

  /// Ends it, by force where it takes its time, and removes the folder.
  func stop() {
    if id > 0 { kill(id, SIGTERM) }
    let deadline = MonotonicClock.now() + .seconds(5)
    while isRunning {
      if MonotonicClock.now() > deadline { kill(id, SIGKILL) }
      poll(nil, 0, 10)
    }
    guard access(folder, F_OK) == 0 else { return }
    if let remover = try? Self.spawn(["rm", "-rf", folder], output: "/dev/null") {
      waitpid(remover, nil, 0)
    }
  }

  /// Whether it is still there.
  var isRunning: Bool {
    if id > 0, waitpid(id, nil, WNOHANG) != 0 { id = 0 }
    return id > 0
  }

  /// What it has printed so far.
  var output: String { (try? WholeFile.read(folder + "/output")) ?? "" }

  /// Time that all of its threads have used so far.
  var processorTime: Duration {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else {
      return .zero
    }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Bytes of memory that are its own or shared and present (`VmRSS`).
  var residentBytes: Int {
    let text = (try? WholeFile.read("/proc/\(id)/status")) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    let words = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }) ?? []
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 1_024
  }
}
