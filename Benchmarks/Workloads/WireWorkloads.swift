import Primitives
import Security
import Signaling
import Wire

/// Parses one message over and over.
final class ParsingWorkload: Workload {
  let operations: Int
  private let parse: () -> Bool
  private var parsed = 0

  /// `parse` says whether the message was read as it should be.
  init(operations: Int = 500, _ parse: @escaping () -> Bool) throws {
    self.operations = operations
    self.parse = parse
  }

  func run() {
    parsed = 0
    for _ in 0..<operations where parse() { parsed += 1 }
  }

  func check() throws {
    guard parsed == operations else { throw BenchmarkFailure("a message was not understood") }
  }
}

extension Benchmark {
  /// What comes on the wire, read.
  static let wire: [Benchmark] = [
    Benchmark("wire/stun", of: "connectivity check", isLimited: true) {
      let bytes = connectivityCheck
      return try ParsingWorkload {
        guard let message = try? STUNMessage(parsing: bytes.span.bytes) else { return false }
        return message.hasFingerprint && message.integrity != nil
      }
    },
    Benchmark("wire/rtp", of: "header with 3 extensions", isLimited: true) {
      let bytes = packetWithExtensions
      let ids = Agreed.extensions
      return try ParsingWorkload {
        let span = bytes.span.bytes
        guard let header = try? RTPHeader(parsing: span) else { return false }
        return header.findExtension(id: ids.mid, in: span) != nil
          && header.findExtension(id: ids.transportSequence, in: span) != nil
          && AudioLevel(id: ids.audioLevel, header: header, in: span) != nil
      }
    },
    Benchmark("wire/vp8", of: "payload descriptor", isLimited: true) {
      let bytes: [UInt8] =
        [0x90, 0xE0, 0x92, 0x34, 0x56, 0x60, 0x01] + [UInt8](repeating: 9, count: 40)
      return try ParsingWorkload {
        let descriptor = try? VP8Descriptor(parsing: bytes.span.bytes, at: 0..<bytes.count)
        return descriptor?.pictureID?.value == 0x1234
      }
    },
    Benchmark("wire/rtcp", of: "compound of RR, SDES, NACK and feedback", isLimited: true) {
      let bytes = compound
      return try ParsingWorkload { (try? RTCPPacket.parse(bytes.span.bytes))?.count == 4 }
    },
    Benchmark("wire/sdp", of: "Chromium's offer for a call", isLimited: true) {
      let text = try WholeFile.read("Tests/WireTests/Fixtures/chromium-call-offer.sdp")
      return try ParsingWorkload(operations: 10) {
        (try? SessionDescription(parsing: text))?.media.isEmpty == false
      }
    },
  ]

  /// A check as a browser sends it.
  private static var connectivityCheck: [UInt8] {
    var random = RandomSource(seed: 1)
    var writer = STUNWriter(.request, transactionID: STUNTransactionID(random: &random))
    writer.writeUsername(receiver: "abcdefgh", sender: "ijkl")
    writer.writePriority(0x6E7F_1EFF)
    writer.writeRole(.controlling(tieBreaker: random.next()))
    writer.writeUseCandidate()
    let code = HMAC.sha1(key: Array("a password of two dozen.".utf8), writer.authenticatedBytes)
    return writer.seal(integrityCode: code)
  }

  private static var packetWithExtensions: [UInt8] {
    [
      0x90, 0x6F, 0x12, 0x34, 0, 1, 2, 3, 0, 0, 1, 1,
      0xBE, 0xDE, 0, 2, 0x40, 0x31, 0x31, 0, 7, 0x10, 0x9E, 0,
    ] + [UInt8](repeating: 5, count: 100)
  }

  /// What a viewer of one picture sends now and then.
  private static var compound: [UInt8] {
    let block = ReportBlock(
      ssrc: 0x0A00_0001, fractionLost: 0, cumulativeLost: 0, highestSequenceNumber: 4_711,
      jitter: 12, lastSenderReport: 0x1234_5678, delaySinceLastSenderReport: 65_536)
    let arrivals = (0..<24).map {
      TransportFeedback.Arrival(sequenceNumber: UInt16(100 + $0), delta: 13)
    }
    return RTCPPacket.bytes(of: [
      .receiverReport(ReceiverReport(ssrc: 1, blocks: [block, block])),
      .sourceDescription(SourceDescription(chunks: [.init(ssrc: 1, cname: "abcdefghijklmnop")])),
      .genericNACK(GenericNACK(senderSSRC: 1, mediaSSRC: 0x0A00_0001, missing: [17, 19, 40])),
      .transportFeedback(
        TransportFeedback(
          senderSSRC: 1, mediaSSRC: 0x0A00_0001, baseSequenceNumber: 100, statusCount: 24,
          referenceTime: 99, feedbackCount: 3, arrivals: arrivals)),
    ])
  }
}
