import CWeb
import Primitives

/// One accepted TCP connection. It lives as long as the library's own record of it.
final class WebConnection {
  /// What it has turned out to be.
  enum State {
    /// HTTP, or not known yet; with what is being sent.
    case http(WebReply?)
    /// A request of the HTTP API: its body comes, or the control thread has it.
    case exchange(WebExchange)
    case webSocket(MessageAssembler)
    case lines(LineSplitter)
  }

  let socket: OpaquePointer
  let address: NetworkAddress
  var state: State
  /// The number under which the control thread knows it; 0 for none.
  var number: UInt64 = 0
  var outbound = OutboundQueue()
  var overhead = OverheadCount()
  /// Why it is to be closed once the queue is empty.
  var closing: (code: UInt16, reason: String)?
  /// Whether the library has been told to end it.
  var hasEnded = false

  init(socket: OpaquePointer, address: NetworkAddress, state: State) {
    self.socket = socket
    self.address = address
    self.state = state
  }

  /// Whether it speaks HTTP, or has said nothing yet.
  var isHTTP: Bool {
    switch state {
    case .http, .exchange: true
    case .webSocket, .lines: false
    }
  }

  /// Bytes of an unfinished message.
  var heldBytes: Int {
    switch state {
    case .http: 0
    case .exchange(let exchange): exchange.request.body.value.count
    case .webSocket(let assembler): assembler.heldBytes
    case .lines(let splitter): splitter.heldBytes
    }
  }
}

/// The part of an answer's body that has not been written yet.
struct WebReply {
  let bytes: [UInt8]
  var position = 0
}

/// A request of the HTTP API on its way in, or waiting for its answer.
struct WebExchange {
  /// Its number once the control thread has it.
  var id: ExchangeID?
  var request: HTTPRequest
  /// By when its body must have come.
  let deadline: Instant
  /// Bytes of the body that are still to come.
  var missing: Int
  /// How often more the library may say that the body is complete: it does so of a body of 0
  /// bytes after the request has been handed over.
  var repetitions = 0
  /// Whether the connection ends with the answer: of a request that may have a body and does not
  /// say how long it is, the library takes all that comes for the body.
  var isLast = false
  /// Why it is refused once its body has been read.
  var refusal: (status: Int, reason: String)?
}

/// All accepted connections, with the caps on them.
struct WebConnectionTable {
  private var bySocket: [OpaquePointer: WebConnection] = [:]
  private var byNumber: [UInt64: WebConnection] = [:]
  private var perAddress: [NetworkAddress: Int] = [:]
  private var lastNumber: UInt64 = 0

  /// Connections that carry messages.
  var openCount: Int { byNumber.count }

  /// Every fourth WebSocket, in turns.
  func webSockets(turn: UInt64) -> [WebConnection] {
    byNumber.values.filter { connection in
      guard case .webSocket = connection.state else { return false }
      return connection.number & 3 == turn & 3
    }
  }

  /// Whether one more fits, in all and from this address.
  func hasRoom(for address: NetworkAddress, limits: WebConfiguration) -> Bool {
    bySocket.count < limits.connections
      && perAddress[address.with(port: 0), default: 0] < limits.connectionsPerAddress
  }

  subscript(socket: OpaquePointer) -> WebConnection? { bySocket[socket] }
  subscript(number: UInt64) -> WebConnection? { byNumber[number] }

  mutating func insert(_ connection: WebConnection) {
    bySocket[connection.socket] = connection
    perAddress[connection.address.with(port: 0), default: 0] += 1
  }

  /// Gives the connection a number, as it will carry messages.
  mutating func assignNumber(_ connection: WebConnection) {
    lastNumber += 1
    connection.number = lastNumber
    byNumber[lastNumber] = connection
  }

  /// The connection carries no more messages.
  mutating func releaseNumber(_ connection: WebConnection) {
    byNumber[connection.number] = nil
    connection.number = 0
  }

  mutating func remove(_ socket: OpaquePointer) -> WebConnection? {
    guard let connection = bySocket.removeValue(forKey: socket) else { return nil }
    let host = connection.address.with(port: 0)
    let left = perAddress[host, default: 1] - 1
    perAddress[host] = left > 0 ? left : nil
    return connection
  }
}
