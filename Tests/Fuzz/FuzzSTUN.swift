import Primitives
import Security
import Transport
import Wire

/// What is read of a message lies within it, can be written and is read again; a cut-off message
/// is never read. A transport does nothing for what
/// is not authentic, answers what is, and is not misled by a changed bit.
func fuzzSTUN(_ input: UnsafeRawBufferPointer) {
  let bytes = Array(input)
  var stranger = FuzzICEServer(receiver: "abcd", sender: "efgh")
  precondition(stranger.receive(bytes).isEmpty)
  guard let message = try? STUNMessage(parsing: input.bytes) else { return }
  checkBounds(of: message, in: input)
  rewrite(message, in: bytes)

  guard message.method == STUNMessage.binding, message.messageClass == .request,
    let names = message.usernameFragments(in: input.bytes),
    let authenticated = authenticate(bytes, as: message)
  else { return }
  var server = FuzzICEServer(receiver: names.receiver, sender: names.sender)
  var changed = authenticated
  // Behind the length, which is set anew.
  let bit = bytes.reduce(0) { ($0 * 31 + Int($1)) % ((changed.count - 4) * 8) }
  changed[4 + bit / 8] ^= 1 << UInt8(bit % 8)
  precondition(server.receive(fingerprint(changed)).isEmpty)

  let check = fingerprint(authenticated)
  guard (try? STUNMessage(parsing: check.span.bytes)) != nil else { return }
  let outputs = server.receive(check)
  let isRefused = message.isRefused
  guard case .transmit(let answer, FuzzICEServer.address) = outputs.first else {
    preconditionFailure("an authentic check was not answered")
  }
  precondition(outputs.dropFirst() == (isRefused ? [] : [.bound(FuzzICEServer.address)]))
  precondition(isAnswer(answer, to: message, asRefusal: isRefused))
}

private func checkBounds(of message: STUNMessage, in input: UnsafeRawBufferPointer) {
  precondition(input.count >= STUNMessage.headerLength && input.count % 4 == 0)
  precondition(message.unknownAttributes.count <= 4)
  if let integrity = message.integrity {
    precondition(integrity.upperBound <= input.count)
    precondition(message.authenticatedBytes(in: input.bytes)?.count == integrity.lowerBound - 4)
    precondition(message.integrityCode(in: input.bytes)?.count == 20)
  }
  if let names = message.usernameFragments(in: input.bytes), let username = message.username {
    precondition(names.receiver.utf8.count + names.sender.utf8.count + 1 == username.count)
  }
  let cut = UnsafeRawBufferPointer(rebasing: input.dropLast(4))
  precondition((try? STUNMessage(parsing: cut.bytes)) == nil)
}

/// A transport that knows the fragments of both sides, and one password for both.
struct FuzzICEServer: ~Copyable {
  static let address = NetworkAddress(ipv4: 0xC000_0201, port: 5_000)
  static let password = "cccccccccccccccccccccccc"

  private var transport: PeerTransport

  init(receiver: String, sender: String) {
    let plan = TransportPlan(
      local: ICECredentials(usernameFragment: receiver, password: Self.password),
      remote: ICECredentials(usernameFragment: sender, password: Self.password),
      remoteFingerprints: [Fingerprint(digest: Array(repeating: 1, count: 32))])
    transport = PeerTransport(
      plan: plan, certificate: fuzzCertificates.server, profiles: SRTPProfile.allCases,
      now: .origin)
  }

  /// What the transport does about a datagram: all or nothing.
  mutating func receive(_ datagram: [UInt8]) -> [TransportOutput] {
    let before = transport.counters.total
    let received = withSlot(datagram) {
      transport.receive(
        $0, length: min(datagram.count, $0.count), from: Self.address, now: .origin)
    }
    var outputs: [TransportOutput] = []
    while let output = transport.poll() { outputs.append(output) }
    if case .dropped = received {
      precondition(outputs.isEmpty && transport.counters.total == before + 1)
    } else {
      precondition(received == .nothing && !outputs.isEmpty)
    }
    return outputs
  }
}

extension STUNMessage {
  /// Whether an authentic check is answered with an error (RFC 8489 section 6.3.1, RFC 8445
  /// section 7.3.1.1).
  fileprivate var isRefused: Bool {
    if case .controlled = role { return true }
    return !unknownAttributes.isEmpty
  }
}

private func isAnswer(
  _ answer: [UInt8], to check: STUNMessage, asRefusal isRefusal: Bool
) -> Bool {
  guard let message = try? STUNMessage(parsing: answer.span.bytes),
    let covered = message.authenticatedBytes(in: answer.span.bytes)
  else { return false }
  return message.transactionID == check.transactionID && message.hasFingerprint
    && message.messageClass == (isRefusal ? .error : .success)
    && message.mappedAddress == (isRefusal ? nil : FuzzICEServer.address)
    && message.integrityCode(in: answer.span.bytes)
      == HMAC.sha1(key: Array(FuzzICEServer.password.utf8), covered)
}

/// Writes what a message was read to say, and reads that.
private func rewrite(_ message: STUNMessage, in bytes: [UInt8]) {
  let names = message.usernameFragments(in: bytes.span.bytes)
  var writer = STUNWriter(message.messageClass, transactionID: message.transactionID)
  if let names { writer.writeUsername(receiver: names.receiver, sender: names.sender) }
  if let priority = message.priority { writer.writePriority(priority) }
  if let role = message.role { writer.writeRole(role) }
  if message.nominates { writer.writeUseCandidate() }
  if let address = message.mappedAddress { writer.writeMappedAddress(address) }
  if let code = message.errorCode { writer.writeErrorCode(code) }
  let written = writer.seal(integrityCode: message.integrityCode(in: bytes.span.bytes))

  guard let again = try? STUNMessage(parsing: written.span.bytes) else {
    preconditionFailure("a written message cannot be read")
  }
  let namesAgain = again.usernameFragments(in: written.span.bytes)
  precondition(namesAgain?.receiver == names?.receiver && namesAgain?.sender == names?.sender)
  precondition(again.messageClass == message.messageClass)
  precondition(again.transactionID == message.transactionID)
  precondition(again.priority == message.priority && again.role == message.role)
  precondition(again.nominates == message.nominates && again.hasFingerprint)
  precondition(
    again.mappedAddress == message.mappedAddress && again.errorCode == message.errorCode)
}

/// The request with the MESSAGE-INTEGRITY of somebody who knows the password; nil where it would
/// be too long.
private func authenticate(_ bytes: [UInt8], as message: STUNMessage) -> [UInt8]? {
  let end = message.integrity.map { $0.lowerBound - 4 } ?? bytes.count
  guard end <= 1_200 else { return nil }
  var authenticated = Array(bytes[..<end])
  setLength(of: &authenticated, behind: 24)
  let code = HMAC.sha1(key: Array(FuzzICEServer.password.utf8), authenticated)
  return authenticated + [0, 8, 0, 20] + code
}

/// The message with a FINGERPRINT, which does not prove anything.
private func fingerprint(_ bytes: [UInt8]) -> [UInt8] {
  var message = bytes
  setLength(of: &message, behind: 8)
  let value = checksum(message) ^ 0x5354_554E
  return message + [0x80, 0x28, 0, 4]
    + (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
}

private func setLength(of message: inout [UInt8], behind count: Int) {
  let length = message.count - STUNMessage.headerLength + count
  message[2] = UInt8(length >> 8)
  message[3] = UInt8(truncatingIfNeeded: length)
}

/// CRC-32 (ITU-T V.42), bit by bit.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(UInt32.max) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { rest, _ in
      rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1
    }
  }
}
