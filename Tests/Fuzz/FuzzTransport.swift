import Primitives
import Security
import Wire

/// What is read of a message lies within it, and a cut-off message is never read.
func fuzzSTUN(_ input: UnsafeRawBufferPointer) {
  guard let message = try? STUNMessage(parsing: input.bytes) else { return }
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

/// The passive side of DTLS takes anything, and nobody connects without a key. The input is cut
/// into datagrams, each of which has its length before it.
func fuzzDTLS(_ input: UnsafeRawBufferPointer) {
  guard let certificate = fuzzCertificate else { preconditionFailure("no certificate") }
  var acceptor = DTLSAcceptor(
    certificate: certificate, profiles: SRTPProfile.allCases,
    acceptedDigests: [certificate.digest])
  var now = Instant.origin
  var rest = input[...]
  while rest.count > 2 {
    let length = min(
      Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1]), rest.count - 2)
    let datagram = UnsafeRawBufferPointer(rebasing: rest.dropFirst(2).prefix(length))
    acceptor.receive(datagram.bytes, now: now)
    while let output = acceptor.poll() {
      if case .connected = output { preconditionFailure("connected without a key") }
    }
    now += .milliseconds(400)
    acceptor.handleDeadline(now: now)
    rest = rest.dropFirst(2 + length)
  }
}

private let fuzzCertificate: Certificate? = {
  var random = RandomSource(seed: 1)
  return try? Certificate.generate(
    validFrom: WallTime(milliseconds: 0), until: WallTime(milliseconds: 1_000_000_000_000),
    random: &random)
}()
