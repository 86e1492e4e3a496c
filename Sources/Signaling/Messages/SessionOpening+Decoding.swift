import Primitives
import Visits

extension SessionOpening {
  init(_ reader: ParameterReader) throws(SignalingError) {
    let ways = ["token", "invite", "resume"].filter(reader.has)
    guard ways.count == 1 else {
      throw .badArgument(
        "token", ways.isEmpty ? "missing" : "too_many", "one of token, invite and resume is needed")
    }
    if let token = try reader.optionalString("token", maximumBytes: 4_096) {
      credential = .token(Redacted(token))
    } else if let secret = try reader.optionalString("invite", maximumBytes: 256) {
      credential = .invite(
        Redacted(secret), name: try reader.optionalName("name", maximumBytes: Limits.nameBytes))
    } else if let resume = try reader.nested("resume") {
      credential = .resume(
        session: try resume.identifier("session", SessionID.self),
        secret: Redacted(try resume.string("secret", maximumBytes: 256)),
        sequence: UInt64(try resume.count("seq")))
    } else {
      throw .badArgument("resume", "missing", "one of token, invite and resume is needed")
    }
    client = try ClientDescription(reader.nested("client"))
  }
}

extension ClientDescription {
  init(_ reader: ParameterReader?) throws(SignalingError) {
    guard let reader else { return }
    name = try reader.optionalName("name", maximumBytes: 64)?.value
    version = try reader.optionalName("version", maximumBytes: 64)?.value
    if reader.has("device") { device = try reader.word("device", Device.self) }
    language = try reader.optionalName("language", maximumBytes: 35)?.value
  }
}
