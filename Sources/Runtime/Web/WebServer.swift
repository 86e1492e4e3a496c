import Primitives

/// The daemon's front towards TCP: pages over HTTP, signaling over WebSocket and over plain lines,
/// and the operator's port, on a thread of its own.
///
/// It knows connections and whole messages, and nothing of what they say. The control thread
/// learns of them through a mailbox of events and answers through `commands`.
public final class WebServer: Sendable {
  /// Which way a connection came in.
  public enum Way: String, Sendable {
    /// A WebSocket: one message a text message.
    case webSocket = "websocket"
    /// Plain TCP or TLS: one message a line.
    case lines
  }

  /// What happens on connections that carry messages. Numbers count up from 1, and none is used
  /// again.
  public enum Event: Sendable {
    case opened(UInt64, Way, from: Redacted<NetworkAddress>)
    case received(UInt64, [UInt8])
    case closed(UInt64)
    /// A request of the HTTP API, whole: it wants `Command.respond`.
    case requested(ExchangeID, HTTPRequest)
  }

  /// What the control thread wants of the front. A connection that is gone is no fault.
  public enum Command: Sendable {
    case send(UInt64, String)
    /// Closes once what was sent before has gone out. `code` is a WebSocket status (RFC 6455
    /// section 7.4); over lines only the closing itself is seen.
    case close(UInt64, code: UInt16, reason: String)
    /// Answers a request; one whose client is gone is forgotten.
    case respond(ExchangeID, HTTPResponse)
    /// Refuses new connections from now on.
    case stopAccepting
    /// Reads the certificate files again.
    case reloadCertificate
  }

  /// The control thread alone posts here.
  public let commands: Mailbox<Command>
  /// Where each listener is bound, in their order, with the ports that the kernel chose.
  public let listening: [NetworkAddress]
  private let front: WebFront
  private let thread: WorkerThread

  /// Opens all listeners and starts the thread; events go to `events`.
  public init(
    _ configuration: WebConfiguration, events: Mailbox<Event>
  ) throws(WebServerError) {
    do throws(SystemError) {
      commands = try Mailbox(capacity: Limits.webMailboxLetters)
    } catch {
      throw WebServerError(reason: error.description)
    }
    let front = try WebFront(configuration, events: events, commands: commands)
    self.front = front
    listening = front.listening
    do throws(SystemError) {
      thread = try WorkerThread(name: "web") { front.run() }
    } catch {
      throw WebServerError(reason: error.description)
    }
  }

  /// Closes every connection as it is, ends the thread and waits for it. Once.
  public func stop() {
    front.requestStop()
    thread.join()
  }

  /// What the front refused and closed, and what is open.
  public var counters: WebCounters { front.counters }
}

/// Why the front could not be opened.
public struct WebServerError: Error, CustomStringConvertible, Sendable {
  /// For the operator: which listener, or which file.
  public var reason: String

  /// Wraps the reason.
  public init(reason: String) { self.reason = reason }

  /// The reason.
  public var description: String { reason }
}

/// What the front listens on and serves.
public struct WebConfiguration: Sendable {
  /// What a listener is for.
  public enum Purpose: Sendable {
    /// Pages and the signaling WebSocket.
    case pages
    /// Signaling over lines.
    case lines
    /// The operator's own pages, without TLS: never on a public address.
    case admin
  }

  /// One address to listen on.
  public struct Listener: Sendable {
    /// The address; port 0 lets the kernel choose.
    public var address: NetworkAddress
    /// What it is for.
    public var purpose: Purpose

    /// Joins the two.
    public init(_ address: NetworkAddress, _ purpose: Purpose) {
      self.address = address
      self.purpose = purpose
    }
  }

  /// Something to serve.
  public struct Page: Sendable {
    /// HTTP status.
    public var status: UInt32
    /// The value of `Content-Type`.
    public var contentType: String
    /// The body.
    public var bytes: [UInt8]

    /// Joins the parts.
    public init(status: UInt32 = 200, contentType: String, bytes: [UInt8]) {
      self.status = status
      self.contentType = contentType
      self.bytes = bytes
    }
  }

  /// Certificate and key in PEM files.
  public struct Certificate: Equatable, Sendable {
    /// Path of the certificate chain.
    public var chain: String
    /// Path of the private key.
    public var key: String

    /// Joins the two.
    public init(chain: String, key: String) {
      self.chain = chain
      self.key = key
    }
  }

  /// Where to listen.
  public var listeners: [Listener]
  /// All pages by path. There is nothing else to be had: no path reaches a file system.
  public var pages: [String: Page] = [:]
  /// Headers that go with every page.
  public var headers: [(name: String, value: String)] = []
  /// The operator's pages, made when they are asked for, on the web thread.
  public var adminPage: @Sendable (String) -> Page? = { _ in nil }
  /// What begins like this and is no page is a request of the HTTP API.
  public var apiPrefix = "/v1/"
  /// The methods that a path of the HTTP API takes; none where there is no such path.
  public var methods: @Sendable (String, HTTPRequest.Port) -> [String] = { _, _ in [] }
  /// Bytes in the body of a request.
  public var bodyBytes = Limits.requestBodyBytes
  /// Time that the body of a request may take, and the answer to it.
  public var bodyTimeout = Limits.requestBodyTimeout
  /// Path of the signaling WebSocket.
  public var signalPath = "/v1/signal"
  /// Its subprotocol, which a client must ask for.
  public var subprotocol = "samtal.v1"
  /// What a connection over lines is told last, for a reason that the front itself closes it for.
  public var lastLine: @Sendable (_ reason: String) -> String = { $0 }
  /// Who may open it.
  public var origins = OriginPolicy()
  /// TLS for pages and lines where there is a certificate.
  public var certificate: Certificate?
  /// Bytes in the longest message.
  public var messageBytes = Limits.negotiationBytes
  /// Bytes that may wait for one reader.
  public var queuedBytes = Limits.queuedBytesPerConnection
  /// Connections at the same time, in all and from one address.
  public var connections = Limits.connections
  /// Connections from one address.
  public var connectionsPerAddress = Limits.connectionsPerAddress
  /// Time that a request's headers may take, and a closing handshake.
  public var requestTimeout = Limits.openTimeout
  /// Time without any frame after which a WebSocket is pinged; after half as long again it is
  /// taken for dead.
  public var idlePing = Limits.idlePing

  /// Listeners, and defaults for the rest.
  public init(listeners: [Listener]) { self.listeners = listeners }
}

/// The front's account of connections.
public struct WebCounters: Equatable, Sendable {
  /// Connections that carry messages, now.
  public var open = 0
  /// Connections refused because too many were open, in all or from one address.
  public var refusedFull: UInt64 = 0
  /// WebSockets refused because of the page that asked.
  public var refusedOrigin: UInt64 = 0
  /// Messages that were longer than allowed.
  public var messagesTooLong: UInt64 = 0
  /// WebSockets that were closed because too many frames came that are no messages.
  public var frameFloods: UInt64 = 0
  /// Readers that were closed because they were too slow.
  public var slowReaders: UInt64 = 0
  /// Requests for pages, and of the HTTP API.
  public var requests: UInt64 = 0
  /// Requests whose body was too long, too slow or in a form that is not taken.
  public var refusedBodies: UInt64 = 0

  /// Nothing yet.
  public init() {}
}
