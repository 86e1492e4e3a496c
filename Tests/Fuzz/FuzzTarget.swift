import Primitives

/// A parser of bytes from outside, with the properties that hold for every input.
enum FuzzTarget: String, CaseIterable {
  case dtls
  case json
  case rtcp
  case rtp
  case sdp
  case stun

  /// Gives the parser one input; a trap or a broken property is a finding.
  func run(_ input: UnsafeRawBufferPointer) {
    switch self {
    case .dtls: fuzzDTLS(input)
    case .json: fuzzJSON(Array(input))
    case .rtcp: fuzzRTCP(input)
    case .rtp: fuzzRTP(input)
    case .sdp: fuzzSDP(input)
    case .stun: fuzzSTUN(input)
    }
  }
}

/// What is parsed is written so that it parses to the same.
private func fuzzJSON(_ input: [UInt8]) {
  guard let value = try? JSON(parsing: input) else { return }
  precondition((try? JSON(parsing: value.description)) == value)
}
