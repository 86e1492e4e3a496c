import CLinux
import Glibc
import Synchronization

/// A thread of the daemon, with a name that `top -H` and debuggers show.
///
/// What it owns is made by its body and never leaves it; it speaks to others by mailboxes.
public final class WorkerThread: Sendable {
  private let thread: pthread_t
  private let isJoined = Atomic<Bool>(false)

  /// How many processors this process may use.
  public static var processors: Int { Int(linux_processors()) }

  /// Starts a thread that runs `body` once. `name` is cut at 15 bytes, the system's limit; with a
  /// `processor` the thread stays on that one where the system allows it.
  public init(
    name: String, processor: Int? = nil, body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, processor: processor, body: body))
    var thread = pthread_t()
    let code = pthread_create(&thread, nil, runThread, start.toOpaque())
    if code != 0 {
      start.release()
      throw SystemError("start the thread \(name)", code: code)
    }
    self.thread = thread
  }

  deinit {
    if !isJoined.load(ordering: .acquiring) { pthread_detach(thread) }
  }

  /// Waits until the body has returned. At most once.
  public func join() {
    let wasJoined = isJoined.exchange(true, ordering: .acquiringAndReleasing)
    precondition(!wasJoined, "joined twice")
    pthread_join(thread, nil)
  }
}

private final class ThreadStart: Sendable {
  let name: String
  let processor: Int?
  let body: @Sendable () -> Void

  init(name: String, processor: Int?, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.processor = processor
    self.body = body
  }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
  linux_name_thread(String(start.name.prefix(15)))
  if let processor = start.processor { _ = linux_bind_to_processor(Int32(processor)) }
  start.body()
  return nil
}
