import CWeb
import Glibc
import Primitives
import Synchronization

/// libwebsockets' context with the connections of a `WebClient`, and what happens on them.
///
/// Made on the owner's thread, and from `run` on confined to the client's, but for `requestStop`
/// and `processorTime`.
final class WebClientFront: @unchecked Sendable {
  /// One connection, from the wish for it to its end.
  final class Line {
    let number: UInt64
    var socket: OpaquePointer?
    var isOpen = false
    var isClosing = false
    var assembler = MessageAssembler()
    var splitter = LineSplitter()
    var outbound = OutboundQueue()

    init(number: UInt64) { self.number = number }
  }

  private let address: SignalingAddress
  private let subprotocol: String
  private let isBlind: Bool
  private let events: Mailbox<WebClient.Event>
  private let commands: Mailbox<WebClient.Command>
  private var lines: [UInt64: Line] = [:]
  private var scratch: [UInt8] = []
  private let stopRequested = Atomic<Bool>(false)
  private let usedTime = Atomic<Int64>(0)

  private var context: OpaquePointer?
  private var host: OpaquePointer?
  private let loop: UnsafeMutableRawPointer
  private var memory = LibraryMemory()

  init(
    _ address: SignalingAddress, subprotocol: String, trust: WebClient.Trust,
    events: Mailbox<WebClient.Event>, commands: Mailbox<WebClient.Command>
  ) throws(WebServerError) {
    self.address = address
    self.subprotocol = subprotocol
    isBlind = trust.isBlind
    self.events = events
    self.commands = commands
    guard let loop = web_loop_make() else {
      throw WebServerError(reason: "the kernel gives no event loop")
    }
    self.loop = loop
    lws_set_log_level(0, nil)
    var info = lws_context_creation_info()
    info.options =
      UInt64(LWS_SERVER_OPTION_EXPLICIT_VHOSTS) | UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
      | UInt64(LWS_SERVER_OPTION_LIBEV)
    info.foreign_loops = memory.pointers([loop])
    info.gid = -1
    info.uid = -1
    info.pt_serv_buf_size = 4_096
    info.max_http_header_pool = UInt16(clamping: Limits.connections)
    info.user = Unmanaged.passUnretained(self).toOpaque()
    guard let context = lws_create_context(&info) else {
      throw WebServerError(reason: "libwebsockets does not start")
    }
    self.context = context
    var room = lws_context_creation_info()
    room.vhost_name = memory.string("client")
    room.port = web_no_port
    room.protocols = memory.protocols([subprotocol, "mailbox"], webClientCallback)
    room.options = UInt64(LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT)
    room.client_ssl_ca_filepath = trust.authorities.flatMap { memory.string($0) }
    guard let host = lws_create_vhost(context, &room) else {
      throw WebServerError(reason: "the trusted certificates cannot be read")
    }
    if address.isEncrypted, lws_init_vhost_client_ssl(&room, host) != 0 {
      throw WebServerError(reason: "the trusted certificates cannot be read")
    }
    self.host = host
    // The library closes what it adopts, and the mailbox closes its own.
    var descriptor = lws_sock_file_fd_type()
    descriptor.filefd = dup(commands.descriptor)
    guard
      lws_adopt_descriptor_vhost(host, LWS_ADOPT_RAW_FILE_DESC, descriptor, "mailbox", nil) != nil
    else { throw WebServerError(reason: "libwebsockets does not take the mailbox") }
  }

  deinit {
    if let context { lws_context_destroy(context) }
    web_loop_free(loop)
  }

  func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    commands.nudge()
  }

  var processorTime: Duration {
    Duration(nanoseconds: usedTime.load(ordering: .relaxed))
  }

  // MARK: The client's thread

  /// Serves until it is told to stop, then closes everything.
  func run() {
    let tick = Duration.milliseconds(Int(web_loop_tick_seconds * 1_000))
    var looked = MonotonicClock.now()
    while !isStopping {
      web_loop_turn(loop)
      usedTime.store(ThreadClock.now().nanoseconds, ordering: .relaxed)
      guard MonotonicClock.now() - looked >= tick else { continue }
      // The library looks at its timers only after something has come on a descriptor.
      looked = MonotonicClock.now()
      commands.nudge()
    }
    if let context { lws_context_destroy(context) }
    context = nil
  }

  private var isStopping: Bool { stopRequested.load(ordering: .acquiring) }

  private func deliver(_ event: WebClient.Event) {
    while !events.post(event) {
      if isStopping { return }
      poll(nil, 0, 1)
    }
  }

  func takeCommands() {
    commands.acknowledge()
    while let command = commands.take() {
      switch command {
      case .connect(let number): connect(number)
      case .send(let number, let text):
        guard let line = lines[number] else { continue }
        _ = line.outbound.append(text, limit: .max)
        if line.isOpen { lws_callback_on_writable(line.socket) }
      case .close(let number):
        guard let line = lines[number] else { continue }
        line.isClosing = true
        if line.isOpen { lws_callback_on_writable(line.socket) }
      }
    }
  }

  private func connect(_ number: UInt64) {
    let line = Line(number: number)
    lines[number] = line
    var info = lws_client_connect_info()
    info.context = context
    info.vhost = host
    info.port = Int32(address.port)
    info.opaque_user_data = UnsafeMutableRawPointer(bitPattern: UInt(number))
    if address.isEncrypted { info.ssl_connection = tlsFlags }
    let shown = address.host.contains(":") ? "[\(address.host)]" : address.host
    address.host.withCString { host in
      "\(shown):\(address.port)".withCString { hostHeader in
        address.path.withCString { path in
          subprotocol.withCString { name in
            info.address = host
            // TLS checks the certificate against the name alone.
            info.host = address.isEncrypted ? host : hostHeader
            info.path = path
            info.local_protocol_name = name
            if address.way == .webSocket {
              info.protocol = name
              line.socket = lws_client_connect_via_info(&info)
            } else {
              line.socket = "RAW".withCString { method in
                info.method = method
                return lws_client_connect_via_info(&info)
              }
            }
          }
        }
      }
    }
    // Where there is none, the callback may have told why already.
    if line.socket == nil { close(line, reason: "no connection") }
  }

  private var tlsFlags: Int32 {
    var flags = LCCSCF_USE_SSL.rawValue
    if isBlind {
      flags |= LCCSCF_ALLOW_SELFSIGNED.rawValue | LCCSCF_ALLOW_INSECURE.rawValue
      flags |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK.rawValue | LCCSCF_ALLOW_EXPIRED.rawValue
    }
    return Int32(flags)
  }

  /// Deals with one call of the library; false has the connection closed.
  func handle(
    _ reason: lws_callback_reasons, on socket: OpaquePointer, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    if reason == LWS_CALLBACK_RAW_RX_FILE {
      takeCommands()
      return true
    }
    let number = UInt64(UInt(bitPattern: lws_get_opaque_user_data(socket)))
    guard let line = lines[number] else { return true }
    switch reason {
    case LWS_CALLBACK_CLIENT_ESTABLISHED, LWS_CALLBACK_RAW_CONNECTED:
      line.socket = socket
      line.isOpen = true
      deliver(.opened(number))
      lws_callback_on_writable(socket)
      return true
    case LWS_CALLBACK_CLIENT_RECEIVE: return receiveMessage(line, socket, bytes)
    case LWS_CALLBACK_RAW_RX: return receiveLines(line, bytes)
    case LWS_CALLBACK_CLIENT_WRITEABLE, LWS_CALLBACK_RAW_WRITEABLE: return write(line, socket)
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      close(line, reason: bytes.isEmpty ? "no connection" : String(decoding: bytes, as: UTF8.self))
      return true
    case LWS_CALLBACK_CLIENT_CLOSED, LWS_CALLBACK_RAW_CLOSE, LWS_CALLBACK_WSI_DESTROY:
      close(line, reason: "")
      return true
    default: return true
    }
  }

  private func close(_ line: Line, reason: String) {
    guard lines.removeValue(forKey: line.number) != nil else { return }
    deliver(.closed(line.number, reason: reason))
  }

  private func receiveMessage(
    _ line: Line, _ socket: OpaquePointer, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    let isWholeFrame = lws_remaining_packet_payload(socket) == 0
    let end: MessageAssembler.End =
      !isWholeFrame ? .nothing : lws_is_final_fragment(socket) == 0 ? .frame : .message
    switch line.assembler.append(bytes, ending: end, limit: Limits.queuedBytesPerConnection) {
    case .incomplete: return true
    case .complete(let message):
      deliver(.received(line.number, message))
      return true
    case .tooLong, .tooManyFrames: return false
    }
  }

  private func receiveLines(_ line: Line, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let complete = line.splitter.append(bytes, limit: Limits.queuedBytesPerConnection)
    guard let complete else { return false }
    for text in complete { deliver(.received(line.number, text)) }
    return true
  }

  /// Writes one message; false ends the connection, where that is wanted or it is broken.
  private func write(_ line: Line, _ socket: OpaquePointer) -> Bool {
    guard !line.isClosing else { return false }
    guard let message = line.outbound.popFirst() else { return true }
    let prefix = Int(web_prefix_bytes)
    scratch.removeAll(keepingCapacity: true)
    scratch.append(contentsOf: repeatElement(0, count: prefix))
    scratch.append(contentsOf: message.utf8)
    if address.way == .lines { scratch.append(0x0A) }
    let count = scratch.count - prefix
    let kind = address.way == .lines ? LWS_WRITE_HTTP : LWS_WRITE_TEXT
    let written = scratch.withUnsafeMutableBufferPointer { room in
      lws_write(socket, room.baseAddress.map { $0 + prefix }, count, kind)
    }
    if !line.outbound.isEmpty || line.isClosing { lws_callback_on_writable(socket) }
    return written >= 0
  }
}

/// The one function that the library calls for connections of clients.
private func webClientCallback(
  _ socket: OpaquePointer?, _ reason: lws_callback_reasons, _: UnsafeMutableRawPointer?,
  _ input: UnsafeMutableRawPointer?, _ length: Int
) -> Int32 {
  guard let socket, let context = lws_get_context(socket), let user = lws_context_user(context)
  else { return 0 }
  let front = Unmanaged<WebClientFront>.fromOpaque(user).takeUnretainedValue()
  let bytes = UnsafeRawBufferPointer(start: input, count: input == nil ? 0 : length)
  return front.handle(reason, on: socket, bytes) ? 0 : -1
}
