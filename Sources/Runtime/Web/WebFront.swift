import CWeb
import Glibc
import Primitives
import Synchronization

/// libwebsockets' context with its listeners, and what happens on them.
///
/// Made on the thread that opens the server, and from `run` on confined to the web thread, but for
/// `requestStop` and `counters`. `WebFront+Callback.swift` takes the library's calls,
/// `WebFront+HTTP.swift` serves pages, `WebFront+Exchanges.swift` takes requests of the HTTP API,
/// `WebFront+Messages.swift` carries messages.
final class WebFront: @unchecked Sendable {
  let configuration: WebConfiguration
  let events: Mailbox<WebServer.Event>
  private let commands: Mailbox<WebServer.Command>
  private(set) var listening: [NetworkAddress] = []

  var connections = WebConnectionTable()
  /// Bytes of unfinished messages on all connections.
  var unfinishedBytes = 0
  var isAccepting = true
  /// The connections whose requests the control thread has.
  var exchanges: [ExchangeID: WebConnection] = [:]
  var lastExchange: UInt64 = 0
  /// What is written next, after the room that the library wants before it.
  var scratch: [UInt8] = []
  private let published = Mutex(WebCounters())
  private let stopRequested = Atomic<Bool>(false)

  private var context: OpaquePointer?
  private let loop: UnsafeMutableRawPointer
  private var memory = LibraryMemory()

  init(
    _ configuration: WebConfiguration, events: Mailbox<WebServer.Event>,
    commands: Mailbox<WebServer.Command>
  ) throws(WebServerError) {
    self.configuration = configuration
    self.events = events
    self.commands = commands
    guard let loop = web_loop_make() else {
      throw WebServerError(reason: "the kernel gives no event loop")
    }
    self.loop = loop
    lws_set_log_level(0, nil)
    var info = lws_context_creation_info()
    info.options =
      UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS)
      | UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      | UInt64(LWS_SERVER_OPTION_VALIDATE_UTF8)
      | UInt64(LWS_SERVER_OPTION_LIBEV)
    info.foreign_loops = memory.pointers([loop])
    info.gid = -1
    info.uid = -1
    info.pt_serv_buf_size = 4_096
    info.max_http_header_data = UInt16(Limits.requestHeaderBytes)
    // Whoever finds the pool empty waits: half-sent requests must not be able to use it up (S32).
    info.max_http_header_pool = UInt16(clamping: configuration.connections)
    info.server_string = memory.string("samtald")
    info.user = Unmanaged.passUnretained(self).toOpaque()
    info.ka_time = 30
    info.ka_probes = 3
    info.ka_interval = 5
    guard let context = lws_create_context(&info) else {
      throw WebServerError(reason: "libwebsockets does not start")
    }
    self.context = context
    for (index, listener) in configuration.listeners.enumerated() {
      try listen(listener, index: index, context)
    }
    try adoptMailbox(context)
  }

  deinit {
    if let context { lws_context_destroy(context) }
    web_loop_free(loop)
  }

  // MARK: From other threads

  func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    commands.nudge()
  }

  var counters: WebCounters { published.withLock { $0 } }

  func count(_ change: (inout WebCounters) -> Void) { published.withLock { change(&$0) } }

  // MARK: The web thread

  /// Serves until it is told to stop, then closes everything.
  func run() {
    guard let context else { return }
    let tick = Duration.milliseconds(Int(web_loop_tick_seconds * 1_000))
    var looked = MonotonicClock.now()
    var turn: UInt64 = 0
    while !isStopping {
      web_loop_turn(loop)
      guard MonotonicClock.now() - looked >= tick else { continue }
      // The library looks at its timers only after something has come on a descriptor.
      looked = MonotonicClock.now()
      commands.nudge()
      turn += 1
      endFloods(turn: turn)
    }
    // What was said last goes out as far as it can at once: one turn takes it, one writes it.
    for _ in 0..<2 {
      commands.nudge()
      web_loop_turn(loop)
    }
    lws_context_destroy(context)
    self.context = nil
  }

  var isStopping: Bool { stopRequested.load(ordering: .acquiring) }

  /// Hands an event to the control thread, and waits where that one is behind: the clients then
  /// feel it as TCP's own back pressure, and nothing piles up here.
  func deliver(_ event: WebServer.Event) {
    while !events.post(event) {
      if isStopping { return }
      poll(nil, 0, 1)
    }
  }

  /// Carries out everything that the control thread has asked for.
  func takeCommands() {
    commands.acknowledge()
    while let command = commands.take() {
      switch command {
      case .send(let number, let text): send(text, to: number)
      case .close(let number, let code, let reason):
        if let connection = connections[number] { close(connection, code: code, reason: reason) }
      case .respond(let exchange, let response): respond(response, to: exchange)
      case .stopAccepting: isAccepting = false
      case .reloadCertificate: reloadCertificate()
      }
    }
  }

  private func reloadCertificate() {
    guard let certificate = configuration.certificate, let context else { return }
    lws_tls_cert_updated(context, certificate.chain, certificate.key, nil, 0, nil, 0)
  }

  // MARK: Opening

  private func listen(
    _ listener: WebConfiguration.Listener, index: Int, _ context: OpaquePointer
  ) throws(WebServerError) {
    var info = lws_context_creation_info()
    let address = listener.address
    info.vhost_name = memory.string("listener-\(index)")
    info.port = Int32(address.port)
    if address.high | address.low != 0 { info.iface = memory.string(address.host) }
    info.options = UInt64(LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND)
    if address.isIPv4 { info.options |= UInt64(LWS_SERVER_OPTION_DISABLE_IPV6) }
    info.timeout_secs = UInt32(configuration.requestTimeout.milliseconds / 1_000)
    info.timeout_secs_ah_idle = info.timeout_secs
    info.keepalive_timeout = Int32(info.timeout_secs)
    info.retry_and_idle_policy = memory.idlePolicy(ping: configuration.idlePing)
    info.user = UnsafeMutableRawPointer(bitPattern: index + 1)
    switch listener.purpose {
    case .pages:
      info.protocols = memory.protocols(["http", configuration.subprotocol], webCallback)
      refuseOtherProtocols(&info)
    case .admin:
      info.protocols = memory.protocols(["http"], webCallback)
      refuseOtherProtocols(&info)
    case .lines:
      info.protocols = memory.protocols(["lines"], webCallback)
      info.options |= UInt64(LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG)
      info.listen_accept_role = memory.string("raw-skt")
      info.listen_accept_protocol = memory.string("lines")
    }
    if let certificate = configuration.certificate, listener.purpose != .admin {
      info.options |= UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      info.ssl_cert_filepath = memory.string(certificate.chain)
      info.ssl_private_key_filepath = memory.string(certificate.key)
      info.ssl_options_set = web_tls_options
      info.alpn = memory.string("http/1.1")
    }
    guard let host = lws_create_vhost(context, &info) else {
      lws_context_destroy(context)
      self.context = nil
      throw WebServerError(
        reason: configuration.certificate == nil
          ? "cannot listen on \(address)"
          : "cannot listen on \(address), or the certificate or its key cannot be read")
    }
    listening.append(
      address.with(port: UInt16(truncatingIfNeeded: lws_get_vhost_listen_port(host))))
  }

  /// What does not begin as HTTP does comes to us as it is, so that it gets an answer in words.
  private func refuseOtherProtocols(_ info: inout lws_context_creation_info) {
    info.options |= UInt64(LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG)
    info.listen_accept_role = memory.string("raw-skt")
    info.listen_accept_protocol = memory.string("http")
  }

  /// Has the library wait for the mailbox of commands as well.
  private func adoptMailbox(_ context: OpaquePointer) throws(WebServerError) {
    var info = lws_context_creation_info()
    info.vhost_name = memory.string("mailbox")
    info.port = web_no_port
    info.protocols = memory.protocols(["mailbox"], webCallback)
    guard let host = lws_create_vhost(context, &info) else {
      throw WebServerError(reason: "libwebsockets has no room for the mailbox")
    }
    // The library closes what it adopts, and the mailbox closes its own.
    var descriptor = lws_sock_file_fd_type()
    descriptor.filefd = dup(commands.descriptor)
    guard
      lws_adopt_descriptor_vhost(host, LWS_ADOPT_RAW_FILE_DESC, descriptor, "mailbox", nil) != nil
    else { throw WebServerError(reason: "libwebsockets does not take the mailbox") }
  }

  /// What the listener is for on which a connection came in; nil for the mailbox.
  func purpose(of socket: OpaquePointer) -> WebConfiguration.Purpose? {
    guard let host = lws_get_vhost(socket), let user = lws_get_vhost_user(host) else { return nil }
    let index = Int(bitPattern: user) - 1
    return configuration.listeners.indices.contains(index)
      ? configuration.listeners[index].purpose : nil
  }
}
