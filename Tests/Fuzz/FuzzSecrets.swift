import Engine
import Primitives
import Security
import Signaling
import Visits

private let now = WallTime(milliseconds: 1_800_000_000_000)

private let key: JWTKey = {
  guard let key = JWTKey(id: "clinic", sharedSecret: secret) else {
    preconditionFailure("the secret is long enough")
  }
  return key
}()
private let secret = [UInt8](repeating: 7, count: 32)

/// Nothing verifies without the key, and nothing that the key signed with a character changed. A
/// header and a payload that the key did sign, the first line and the rest of the input, are taken
/// only with what a token must have.
func fuzzJWT(_ input: UnsafeRawBufferPointer) {
  precondition(verify(String(decoding: input, as: UTF8.self)) == nil)
  let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
  guard lines.count == 2 else { return }
  let signed = lines.map { Base64.encodeURL(Array($0)) }.joined(separator: ".")
  let code = HMAC.sha256(key: secret, Array(signed.utf8))
  let text = signed + "." + Base64.encodeURL(code)
  guard let token = verify(text) else { return }

  let header = try? JSON(parsing: Array(lines[0]))
  precondition(header?["alg"] == "HS256" && token.issuer == "clinic")
  precondition(token.expires + Int64(JWT.tolerance.seconds) > now.seconds)
  precondition((1...64).contains(token.subject.utf8.count) && token.claims.members != nil)
  var changed = Array(text.utf8)
  changed[input.count % changed.count] ^= 1
  precondition(verify(String(decoding: changed, as: UTF8.self)) == nil)
}

private func verify(_ text: String) -> JWT? { try? JWT(verifying: text, keys: [key], now: now) }

/// A link's secret opens what it was made for, and nothing else that looks like one opens
/// anything; the same for what continues a session.
func fuzzLink(_ input: UnsafeRawBufferPointer) {
  guard let links = LinkSecrets(key: Array(repeating: 9, count: 32)) else {
    preconditionFailure("the key is long enough")
  }
  let text = String(decoding: input, as: UTF8.self)
  precondition(links.open(text) == nil)
  let parts = text.split(separator: " ", omittingEmptySubsequences: false)
  guard parts.count == 2, let version = Int64(parts[1]), version > 0 else { return }
  if let invite = InviteID(String(parts[0])) {
    let secret = links.secret(of: invite, version: version)
    precondition(links.open(secret)?.invite == invite)
    precondition(links.open(secret)?.version == version)
    precondition(links.open(changed(secret, at: Int(version & 127))) == nil)
  }
  if let session = SessionID(String(parts[0])) {
    let secret = links.resumeSecret(of: session)
    precondition(links.isResumeSecret(secret, of: session))
    precondition(!links.isResumeSecret(changed(secret, at: Int(version & 127)), of: session))
    precondition(!links.isResumeSecret(text, of: session) && links.open(secret) == nil)
  }
}

private func changed(_ text: String, at place: Int) -> String {
  var bytes = Array(text.utf8)
  bytes[place % bytes.count] ^= 1
  return String(decoding: bytes, as: UTF8.self)
}
