import CWeb
import Glibc
import Primitives

/// Why a transfer is not even started.
struct TransferRefusal: Error {
  var outcome: DeliveryOutcome
}

/// One of libcurl's transfers with what belongs to it.
///
/// The library is handed a pointer to this object: whoever starts the transfer keeps the object
/// until it is over.
final class Transfer {
  /// Time for a connection, encryption included.
  private static let connectSeconds = 10
  /// Time for the whole.
  private static let seconds = 30

  let number: UInt64
  let handle: UnsafeMutableRawPointer
  private let isMail: Bool
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  private var unsent: ArraySlice<UInt8> = []
  private var receivedBytes = 0
  private var hasRefusedAddress = false
  private var hasNamedRecipient = false

  init(_ number: UInt64, _ errand: Transfers.Errand, at now: WallTime) throws(TransferRefusal) {
    guard let handle = curl_easy_init() else {
      throw TransferRefusal(outcome: .deferred(.unreachable, notBefore: nil))
    }
    self.number = number
    self.handle = handle
    if case .mail = errand { isMail = true } else { isMail = false }
    prepare()
    switch errand {
    case .mail(let message, let server): try prepare(message, server)
    case .text(let message, let gateway): prepare(message, gateway)
    case .webhook(let call, let mayBePrivate):
      prepare(call, mayBePrivate: mayBePrivate, at: now)
    }
  }

  deinit {
    curl_easy_cleanup(handle)
    for list in lists { curl_slist_free_all(list) }
  }

  // MARK: What is asked of the library

  private func prepare() {
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
    set(CURLOPT_TIMEOUT, Self.seconds)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    // Nothing of the surroundings decides where messages go.
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    let context = Unmanaged.passUnretained(self).toOpaque()
    web_transfer_on_receive(handle, receiveBytes, context)
  }

  private func prepare(_ message: MailMessage, _ server: MailServer) throws(TransferRefusal) {
    guard let recipient = MailAddress(message.recipient.value) else {
      throw TransferRefusal(outcome: .refused(.badAddress))
    }
    unsent = message.bytes(from: server.sender, to: recipient)[...]
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    set(CURLOPT_URL, server.url)
    let isOptional = server.protection == .upgraded && server.isLocal
    set(CURLOPT_USE_SSL, Int((isOptional ? CURLUSESSL_TRY : CURLUSESSL_ALL).rawValue))
    set(server.signIn)
    set(CURLOPT_MAIL_FROM, "<\(server.sender.text)>")
    set(CURLOPT_MAIL_RCPT, ["<\(recipient.text)>"])
    set(CURLOPT_UPLOAD, 1)
    let context = Unmanaged.passUnretained(self).toOpaque()
    web_transfer_on_send(handle, sendBytes, context)
    web_transfer_on_talk(handle, hearTalk, context)
  }

  private func prepare(_ message: TextMessage, _ gateway: TextGateway) {
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(gateway.signIn)
    post(
      gateway.template.body(for: message), to: gateway.url,
      headers: ["Content-Type: " + gateway.template.contentType, "Idempotency-Key: " + message.key]
        + gateway.headers.map(\.value))
  }

  private func prepare(_ call: WebhookCall, mayBePrivate: Bool, at now: WallTime) {
    set(CURLOPT_PROTOCOLS_STR, mayBePrivate ? "http,https" : "https")
    if !mayBePrivate {
      // The address that a name stands for is looked at on each connection, after it was looked
      // up; one that stands open already may have been made for somebody who is allowed more.
      let context = Unmanaged.passUnretained(self).toOpaque()
      web_transfer_on_connect(handle, openPublicSocket, context)
      set(CURLOPT_FRESH_CONNECT, 1)
      set(CURLOPT_FORBID_REUSE, 1)
    }
    post(
      Array(call.body.utf8), to: call.url,
      headers: ["Content-Type: application/json"] + call.headers(at: now))
  }

  private func post(_ body: [UInt8], to url: String, headers: [String]) {
    set(CURLOPT_URL, url)
    set(CURLOPT_POST, 1)
    web_transfer_set_body(handle, body, body.count)
    // Without waiting for a word before the body goes.
    set(CURLOPT_HTTPHEADER, headers + ["Expect:", "User-Agent: samtald"])
  }

  private func set(_ option: CURLoption, _ value: Int) {
    let code = web_transfer_set_number(handle, option, value)
    precondition(code == CURLE_OK, "libcurl lacks an option")
  }

  private func set(_ option: CURLoption, _ value: String) {
    let code = web_transfer_set_text(handle, option, value)
    precondition(code == CURLE_OK, "libcurl lacks an option")
  }

  private func set(_ option: CURLoption, _ values: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for value in values {
      guard let longer = curl_slist_append(list, value) else { preconditionFailure("no memory") }
      list = longer
    }
    guard let list else { return }
    lists.append(list)
    web_transfer_set_list(handle, option, list)
  }

  private func set(_ signIn: SignIn?) {
    guard let signIn else { return }
    set(CURLOPT_USERNAME, signIn.user)
    set(CURLOPT_PASSWORD, signIn.password.value)
  }

  // MARK: What the library asks for

  fileprivate func take(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let part = unsent.prefix(room.count)
    room.copyBytes(from: part)
    unsent = unsent.dropFirst(part.count)
    return part.count
  }

  /// What the other side says is not kept; more than the cap ends the transfer.
  fileprivate func receive(_ count: Int) -> Int {
    receivedBytes += count
    return receivedBytes <= Limits.deliveryAnswerBytes ? count : 0
  }

  /// What is said to a mail server: before it has heard of the recipient, no refusal is about them.
  fileprivate func hear(_ words: UnsafeRawBufferPointer) {
    if words.starts(with: "RCPT TO:".utf8) { hasNamedRecipient = true }
  }

  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    guard let remote = NetworkAddress(address), remote.isPublic else {
      hasRefusedAddress = true
      return CURL_SOCKET_BAD
    }
    let (family, type) = (address.pointee.family, address.pointee.socktype)
    return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
  }

  // MARK: How it came out

  /// What the library's result and the server's status mean together.
  func outcome(of code: CURLcode) -> DeliveryOutcome {
    let status = web_transfer_status(handle)
    if isMail { return mailOutcome(of: code, status) }
    // A status has come, whatever happened to the rest of the answer.
    if status > 0 {
      return Self.webOutcome(of: status, retryAfter: web_transfer_retry_after(handle))
    }
    if hasRefusedAddress { return .deferred(.privateTarget, notBefore: nil) }
    return .deferred(Self.fault(of: code), notBefore: nil)
  }

  /// Reply codes of RFC 5321 section 4.2: what begins with 4 may pass, what begins with 5 stays.
  private func mailOutcome(of code: CURLcode, _ status: Int) -> DeliveryOutcome {
    if code == CURLE_OK { return .sent }
    switch status {
    // Our own standing with the server, which the operator can mend (RFC 4954 section 6).
    case 530, 534, 535, 538: return .deferred(.signInRefused, notBefore: nil)
    case 400..<500: return .deferred(.busy, notBefore: nil)
    case 500..<600 where code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY:
      return hasNamedRecipient
        ? .refused(.recipientRefused) : .deferred(.senderRefused, notBefore: nil)
    default: return .deferred(Self.fault(of: code), notBefore: nil)
    }
  }

  /// Status codes of RFC 9110 section 15: what is about the message stays, what is about our
  /// standing, the address or the server may pass.
  private static func webOutcome(of status: Int, retryAfter: Int) -> DeliveryOutcome {
    let notBefore = retryAfter > 0 ? Duration.seconds(retryAfter) : nil
    switch status {
    case 200..<300: return .sent
    case 401, 402, 403, 407: return .deferred(.signInRefused, notBefore: notBefore)
    case 408, 409, 425, 429: return .deferred(.busy, notBefore: notBefore)
    case 400, 406, 411..<423: return .refused(.messageRefused)
    case 500..<600: return .deferred(.serverFailed, notBefore: notBefore)
    default: return .deferred(.misdirected, notBefore: notBefore)
    }
  }

  private static func fault(of code: CURLcode) -> DeliveryFault {
    switch code {
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_LOGIN_DENIED: .signInRefused
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      .tlsFailed
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .misdirected
    default: .unreachable
    }
  }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private let sendBytes: web_transfer_bytes = { bytes, size, count, context in
  let room = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
  return transfer(context)?.take(room) ?? 0
}

private let receiveBytes: web_transfer_bytes = { _, size, count, context in
  transfer(context)?.receive(size * count) ?? 0
}

private let hearTalk: curl_debug_callback = { _, kind, words, count, context in
  if kind == CURLINFO_HEADER_OUT {
    transfer(context)?.hear(UnsafeRawBufferPointer(start: words, count: count))
  }
  return 0
}

private let openPublicSocket: curl_opensocket_callback = { context, _, address in
  guard let address else { return CURL_SOCKET_BAD }
  return transfer(context)?.open(address) ?? CURL_SOCKET_BAD
}

extension NetworkAddress {
  /// The address that the library is about to connect to; nil for a family that is neither IPv4
  /// nor IPv6.
  fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
    guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
    let raw = UnsafeRawPointer(address) + offset
    switch address.pointee.family {
    case AF_INET:
      let given = raw.loadUnaligned(as: sockaddr_in.self)
      self.init(
        ipv4: UInt32(bigEndian: given.sin_addr.s_addr), port: UInt16(bigEndian: given.sin_port))
    case AF_INET6:
      let given = raw.loadUnaligned(as: sockaddr_in6.self)
      let halves = withUnsafeBytes(of: given.sin6_addr) { bytes in
        (
          bytes.loadUnaligned(as: UInt64.self),
          bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
      }
      self.init(
        high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1),
        port: UInt16(bigEndian: given.sin6_port))
    default: return nil
    }
  }
}
