/// A payload format of a media section: its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines.
public struct RTPCodec: Hashable, Sendable {
  /// 0...127.
  public var payloadType: UInt8
  /// The encoding's name as written; names compare without case (RFC 8866 section 6.6).
  public var name: String
  /// Ticks a second of the RTP timestamp.
  public var clockRate: UInt32
  /// Channels of audio, where written.
  public var channels: UInt8?
  /// The parameters of `a=fmtp` as written.
  public var parameters: String?
  /// The feedback that may be sent for it.
  public var feedback: Set<RTCPFeedback>

  /// Joins the parts.
  public init(
    payloadType: UInt8, name: String, clockRate: UInt32, channels: UInt8? = nil,
    parameters: String? = nil, feedback: Set<RTCPFeedback> = []
  ) {
    self.payloadType = payloadType
    self.name = name
    self.clockRate = clockRate
    self.channels = channels
    self.parameters = parameters
    self.feedback = feedback
  }

  /// Whether this is the encoding of that name and clock rate.
  public func isEncoding(_ name: String, at clockRate: Int) -> Bool {
    Int(self.clockRate) == clockRate && self.name.lowercased() == name.lowercased()
  }

  /// The value of one `name=value` pair of the parameters.
  public func parameter(_ name: String) -> Substring? {
    for pair in (parameters ?? "").split(separator: ";") {
      let halves = pair.split(separator: "=", maxSplits: 1)
      guard halves.count == 2, halves[0].drop(while: { $0 == " " }) == name else { continue }
      return halves[1]
    }
    return nil
  }
}

/// A kind of RTCP feedback (RFC 4585 section 4.2), as `a=rtcp-fb` writes it; others are left out.
public enum RTCPFeedback: String, Hashable, Sendable, CaseIterable {
  /// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).
  case transportWide = "transport-cc"
  /// A sender may be asked for an intra picture (RFC 5104 section 4.3.1).
  case fullIntraRequest = "ccm fir"
  /// Lost packets are named (RFC 4585 section 6.2.1).
  case negativeAcknowledgement = "nack"
  /// A lost picture is reported (RFC 4585 section 6.3.1).
  case pictureLossIndication = "nack pli"
}
