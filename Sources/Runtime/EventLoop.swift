import CLinux
import Glibc
import Primitives

/// Waits for descriptors and for one deadline: the heart of every thread of the daemon.
///
/// It calls nobody back. The thread's own loop watches descriptors under tokens of its choice,
/// waits, looks at which tokens are ready, and says until when it may sleep.
public struct EventLoop: ~Copyable {
  /// What a descriptor is watched for.
  public struct Interest: OptionSet, Sendable {
    /// The system's bits.
    public let rawValue: UInt32

    /// Wraps the system's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Something can be read.
    public static let reading = Interest(rawValue: UInt32(LINUX_POLL_IN))
    /// Something can be written.
    public static let writing = Interest(rawValue: UInt32(LINUX_POLL_OUT))
  }

  private static var eventsPerWait: Int { 64 }
  private let descriptor: Int32
  private let events: UnsafeMutablePointer<linux_poll_event>
  /// Tokens of the descriptors that were ready when `wait` returned, errors and hang-ups included.
  public private(set) var ready: [UInt64] = []

  /// A loop that watches nothing yet.
  public init() throws(SystemError) {
    descriptor = linux_poll_create()
    events = .allocate(capacity: Self.eventsPerWait)
    ready.reserveCapacity(Self.eventsPerWait)
    if descriptor < 0 { throw .last("create an event loop") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    events.deallocate()
  }

  /// Watches an open descriptor; `token` names it in `ready`. Level-triggered: it is ready for as
  /// long as the condition holds.
  public func watch(
    _ other: Int32, for interest: Interest, token: UInt64
  ) throws(SystemError) {
    if linux_poll_add(descriptor, other, interest.rawValue, token) != 0 {
      throw .last("watch a descriptor")
    }
  }

  /// Stops watching a descriptor; one that is not watched is left alone.
  public func unwatch(_ other: Int32) { _ = linux_poll_remove(descriptor, other) }

  /// Sleeps until something is ready or the deadline has come, and fills `ready`. A deadline that
  /// has passed already makes it look without sleeping; nil sleeps without end.
  public mutating func wait(until deadline: Instant?) {
    var span: Int64 = -1
    if let deadline, deadline != .distantFuture {
      span = max(0, (deadline - MonotonicClock.now()).nanoseconds)
    }
    let count = linux_poll_wait(descriptor, events, Int32(Self.eventsPerWait), span)
    precondition(count >= 0 || errno == EINTR, "the loop's own descriptor is broken")
    ready.removeAll(keepingCapacity: true)
    for index in 0..<Int(max(0, count)) { ready.append(events[index].token) }
  }
}
