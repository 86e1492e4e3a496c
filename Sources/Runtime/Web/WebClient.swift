import Primitives

/// Many signaling connections to one server, over WebSocket, with TLS or without, or over
/// plain lines, on a thread of its own: the other side of a `WebServer`.
public final class WebClient: Sendable {
  /// What happens on a connection, by the number under which it was asked for.
  public enum Event: Sendable {
    case opened(UInt64)
    case received(UInt64, [UInt8])
    /// It ended, or could not be made: `reason` is the library's, empty where the other side closed.
    case closed(UInt64, reason: String)
  }

  /// What the owner wants. A connection that is gone is no fault.
  public enum Command: Sendable {
    /// Makes a connection under a number that is not in use.
    case connect(UInt64)
    case send(UInt64, String)
    /// Closes at once, without a word.
    case close(UInt64)
  }

  /// How the server's certificate is judged.
  public struct Trust: Sendable {
    /// Path of certificates that are trusted beside the system's.
    public var authorities: String?
    /// Whether any certificate does.
    public var isBlind = false

    /// As the system trusts.
    public init() {}
  }

  /// The owner's thread alone posts here.
  public let commands: Mailbox<Command>
  private let front: WebClientFront
  private let thread: WorkerThread

  /// Starts the thread, without a connection; events go to `events`.
  public init(
    to address: SignalingAddress, subprotocol: String = "samtal.v1",
    trusting trust: Trust = .init(),
    events: Mailbox<Event>
  ) throws(WebServerError) {
    do throws(SystemError) {
      commands = try Mailbox(capacity: Limits.webMailboxLetters)
    } catch {
      throw WebServerError(reason: error.description)
    }
    let front = try WebClientFront(
      address, subprotocol: subprotocol, trust: trust, events: events, commands: commands)
    self.front = front
    do throws(SystemError) {
      thread = try WorkerThread(name: "web-client") { front.run() }
    } catch {
      throw WebServerError(reason: error.description)
    }
  }

  /// Processor time that the thread has used, as of its last turn.
  public var processorTime: Duration { front.processorTime }

  /// Closes every connection as it is, ends the thread and waits for it. Once.
  public func stop() {
    front.requestStop()
    thread.join()
  }
}
