import CLinux
import Glibc

/// The signals by which an operator or a supervisor speaks to the daemon, as something to read.
///
/// Make it on the main thread before any other thread starts: the signals are blocked there, and
/// threads inherit that.
public final class StopSignals: Sendable {
  /// What was asked for.
  public enum Request: Equatable, Sendable {
    /// SIGTERM or SIGINT: end the calls and go.
    case stop
    /// SIGHUP: read the certificate files again.
    case reload
  }

  /// Watch this for reading.
  public let descriptor: Int32

  /// Blocks the signals and listens to them; from then on a broken pipe and a file that may not
  /// grow are errors of the call alone.
  public init() throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let signals = [SIGTERM, SIGINT, SIGHUP]
    descriptor = linux_signals_create(signals, Int32(signals.count))
    if descriptor < 0 { throw .last("listen to signals") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next request, or nil.
  public func take() -> Request? {
    switch linux_signals_read(descriptor) {
    case SIGTERM, SIGINT: .stop
    case SIGHUP: .reload
    default: nil
    }
  }
}
