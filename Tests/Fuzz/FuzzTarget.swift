import Primitives

/// A parser of bytes from outside, with the properties that hold for every input.
enum FuzzTarget: String, CaseIterable {
  case control
  case dtls
  case event
  case json
  case jsonrpc
  case jwt
  case link
  case relay
  case rtcp
  case rtp
  case sdp
  case srtp
  case stun
  case worker

  /// Gives the parser one input; a trap or a broken property is a finding.
  func run(_ input: UnsafeRawBufferPointer) {
    switch self {
    case .control: fuzzControl(input)
    case .dtls: fuzzDTLS(input)
    case .event: fuzzEvent(input)
    case .json: fuzzJSON(Array(input))
    case .jsonrpc: fuzzJSONRPC(Array(input))
    case .jwt: fuzzJWT(input)
    case .link: fuzzLink(input)
    case .relay: fuzzRelay(input)
    case .rtcp: fuzzRTCP(input)
    case .rtp: fuzzRTP(input)
    case .sdp: fuzzSDP(input)
    case .srtp: fuzzSRTP(input)
    case .stun: fuzzSTUN(input)
    case .worker: fuzzWorker(input)
    }
  }
}

/// What is parsed is written so that it parses to the same.
private func fuzzJSON(_ input: [UInt8]) {
  guard let value = try? JSON(parsing: input) else { return }
  precondition((try? JSON(parsing: value.description)) == value)
}
