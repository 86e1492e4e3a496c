import Primitives

/// One RTCP packet (RFC 3550 section 6, RFC 4585 section 6).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V=2|P|  count  |      PT       |   length in words minus one   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                             body                              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// `count` is a number of blocks, or in feedback messages their format.
public enum RTCPPacket: Equatable, Sendable {
  case senderReport(SenderReport)
  case receiverReport(ReceiverReport)
  case sourceDescription(SourceDescription)
  case goodbye(Goodbye)
  case genericNACK(GenericNACK)
  case pictureLossIndication(PictureLossIndication)
  case fullIntraRequest(FullIntraRequest)
  case receiverEstimatedMaximumBitrate(ReceiverEstimatedMaximumBitrate)
  case transportFeedback(TransportFeedback)
  /// A packet of a kind that has no meaning here: stepped over.
  case unknown(type: UInt8, format: UInt8)

  /// Reads the packets of a compound, or of a reduced-size message (RFC 5506).
  ///
  /// Every length and count is checked against the bytes. One broken packet refuses the whole
  /// datagram: nothing in it can be trusted then.
  public static func parse(_ bytes: RawSpan) throws(WireError) -> [RTCPPacket] {
    var packets: [RTCPPacket] = []
    var offset = 0
    repeat {
      guard bytes.byteCount - offset >= 4 else { throw .truncated }
      let first = bytes[offset]
      guard first >> 6 == 2 else { throw .version }
      let end = offset + 4 + 4 * Int(bytes.uint16(at: offset + 2))
      guard end <= bytes.byteCount else { throw .truncated }
      var padding = 0
      if first & 0x20 != 0 {
        padding = Int(bytes[end - 1])
        guard end - offset > 4, padding > 0, padding <= end - offset - 4 else { throw .padding }
      }
      packets.append(
        try RTCPPacket(
          type: bytes[offset + 1], count: first & 0x1F,
          body: bytes.extracting(offset + 4..<end - padding)))
      offset = end
    } while offset < bytes.byteCount
    return packets
  }

  /// The bytes of `packets` in one datagram, in the order given.
  public static func bytes(of packets: [RTCPPacket]) -> [UInt8] {
    var writer = ByteWriter(capacity: 256)
    for packet in packets { packet.write(to: &writer) }
    return writer.bytes
  }

  /// Appends the packet; one of an unknown kind appends nothing.
  public func write(to writer: inout ByteWriter) {
    guard let (type, count) = typeAndCount else { return }
    precondition(count <= 31, "too many blocks for one packet")
    let start = writer.count
    writer.write(UInt8(0x80 | count))
    writer.write(type.rawValue)
    writer.write(UInt16(0))
    writeBody(to: &writer)
    writer.pad(to: 4)
    writer.overwrite(UInt16((writer.count - start) / 4 - 1), at: start + 2)
  }

  /// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1).
  private enum PacketType: UInt8 {
    case senderReport = 200
    case receiverReport = 201
    case sourceDescription = 202
    case goodbye = 203
    case transportLayerFeedback = 205
    case payloadSpecificFeedback = 206
  }

  /// Feedback formats (RFC 4585 section 6.2 and 6.3, RFC 5104 section 4.3.1).
  private enum Format {
    static let genericNACK: UInt8 = 1
    static let transportFeedback: UInt8 = 15
    static let pictureLossIndication: UInt8 = 1
    static let fullIntraRequest: UInt8 = 4
    static let applicationLayer: UInt8 = 15
  }

  private init(type: UInt8, count: UInt8, body: RawSpan) throws(WireError) {
    switch (PacketType(rawValue: type), count) {
    case (.senderReport, _):
      self = .senderReport(try SenderReport(body: body, count: Int(count)))
    case (.receiverReport, _):
      self = .receiverReport(try ReceiverReport(body: body, count: Int(count)))
    case (.sourceDescription, _):
      self = .sourceDescription(try SourceDescription(body: body, count: Int(count)))
    case (.goodbye, _):
      self = .goodbye(try Goodbye(body: body, count: Int(count)))
    case (.transportLayerFeedback, Format.genericNACK):
      self = .genericNACK(try GenericNACK(body: body))
    case (.transportLayerFeedback, Format.transportFeedback):
      self = .transportFeedback(try TransportFeedback(body: body))
    case (.payloadSpecificFeedback, Format.pictureLossIndication):
      self = .pictureLossIndication(try PictureLossIndication(body: body))
    case (.payloadSpecificFeedback, Format.fullIntraRequest):
      self = .fullIntraRequest(try FullIntraRequest(body: body))
    case (.payloadSpecificFeedback, Format.applicationLayer)
    where ReceiverEstimatedMaximumBitrate.isMarked(body):
      self = .receiverEstimatedMaximumBitrate(try ReceiverEstimatedMaximumBitrate(body: body))
    default:
      self = .unknown(type: type, format: count)
    }
  }

  private var typeAndCount: (PacketType, count: Int)? {
    switch self {
    case .senderReport(let report): (.senderReport, report.blocks.count)
    case .receiverReport(let report): (.receiverReport, report.blocks.count)
    case .sourceDescription(let description): (.sourceDescription, description.chunks.count)
    case .goodbye(let goodbye): (.goodbye, goodbye.ssrcs.count)
    case .genericNACK: (.transportLayerFeedback, Int(Format.genericNACK))
    case .transportFeedback: (.transportLayerFeedback, Int(Format.transportFeedback))
    case .pictureLossIndication:
      (.payloadSpecificFeedback, Int(Format.pictureLossIndication))
    case .fullIntraRequest: (.payloadSpecificFeedback, Int(Format.fullIntraRequest))
    case .receiverEstimatedMaximumBitrate:
      (.payloadSpecificFeedback, Int(Format.applicationLayer))
    case .unknown: nil
    }
  }

  private func writeBody(to writer: inout ByteWriter) {
    switch self {
    case .senderReport(let report): report.write(to: &writer)
    case .receiverReport(let report): report.write(to: &writer)
    case .sourceDescription(let description): description.write(to: &writer)
    case .goodbye(let goodbye): goodbye.write(to: &writer)
    case .genericNACK(let nack): nack.write(to: &writer)
    case .transportFeedback(let feedback): feedback.write(to: &writer)
    case .pictureLossIndication(let indication): indication.write(to: &writer)
    case .fullIntraRequest(let request): request.write(to: &writer)
    case .receiverEstimatedMaximumBitrate(let estimate): estimate.write(to: &writer)
    case .unknown: break
    }
  }
}
