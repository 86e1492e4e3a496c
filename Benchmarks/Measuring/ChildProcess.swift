import Glibc
import Primitives
import Runtime

/// A process that this one has started, and that does not outlive it.
final class ChildProcess {
  private var id: pid_t

  /// Starts a program; what it prints goes to a file.
  init(_ arguments: [String], output: String = "/dev/null") throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = (["setpriv", "--pdeathsig", "KILL"] + arguments).map { strdup($0) }
    defer { words.forEach { free($0) } }
    words.append(nil)
    id = 0
    guard posix_spawnp(&id, "setpriv", &actions, nil, words, environ) == 0 else {
      throw BenchmarkFailure("\(arguments[0]) does not start")
    }
  }

  deinit { stop() }

  /// The system's number of the process; 0 once it has ended.
  var number: Int32 { id }

  /// Whether it is still there.
  var isRunning: Bool {
    if id > 0, waitpid(id, nil, WNOHANG) != 0 { id = 0 }
    return id > 0
  }

  /// Waits until a short program has ended; false where it failed.
  static func succeeds(_ arguments: [String]) throws -> Bool {
    let process = try ChildProcess(arguments)
    var status: Int32 = 0
    waitpid(process.id, &status, 0)
    process.id = 0
    return status == 0
  }

  /// Ends it, by force where it takes its time.
  func stop() {
    if id > 0 { kill(id, SIGTERM) }
    let deadline = MonotonicClock.now() + .seconds(5)
    while isRunning {
      if MonotonicClock.now() > deadline { kill(id, SIGKILL) }
      poll(nil, 0, 10)
    }
  }
}
