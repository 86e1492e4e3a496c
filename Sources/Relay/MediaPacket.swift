import Primitives
import Wire

/// One packet of a publisher, parsed once and offered to each route: values and offsets, never
/// bytes.
struct MediaPacket {
  /// The clear packet in the pool.
  var reference: PacketReference
  /// Its header as the publisher sent it; after a retransmission, the original's.
  var header: RTPHeader
  /// The publisher's sequence number, extended.
  var sequence: UInt64 = 0
  /// Which layer it belongs to.
  var layer = LayerVersion(layer: 0, version: 0)
  /// Whether packets behind it have been forwarded already.
  var isLate = false
  /// When its samples were captured, on the relay's clock; bounded to about now.
  var captureTime = Instant.origin
  /// The VP8 descriptor, on video that is more than padding.
  var descriptor: VP8Descriptor?
  /// The blocks inside, on audio that came as RED.
  var redundancy: RedundantPayload?
  /// How loud it is, on audio that says so.
  var audioLevel: AudioLevel?

  /// A packet of which only the header is known yet.
  init(reference: PacketReference, header: RTPHeader) {
    self.reference = reference
    self.header = header
  }

  /// Reads what the payload type says is inside, and the audio level.
  mutating func readPayload(
    _ bytes: RawSpan, kind: MediaKind, types: PayloadTypes, audioLevelID: UInt8
  ) throws(RelayDrop) {
    let isRED = kind == .audio && header.payloadType == types.redundancy
    guard isRED || header.payloadType == types.primary else { throw .unknownPayloadType }
    if isPadding { return }
    if isRED {
      guard let blocks = try? RedundantPayload(parsing: bytes, at: header.payloadRange) else {
        throw .malformed
      }
      var isUniform = true
      blocks.forEachBlock(in: bytes) { isUniform = isUniform && $0.payloadType == types.primary }
      guard isUniform else { throw .malformed }
      redundancy = blocks
    }
    switch kind {
    case .audio:
      audioLevel = AudioLevel(id: audioLevelID, header: header, in: bytes)
    case .video:
      guard let descriptor = try? VP8Descriptor(parsing: bytes, at: header.payloadRange)
      else { throw .malformed }
      self.descriptor = descriptor
    }
  }

  /// Whether there is nothing in it but padding.
  var isPadding: Bool { header.payloadRange.isEmpty }

  /// Whether a decoder can start with it, and with what comes behind it.
  var isEntry: Bool {
    if isLate || isPadding { return false }
    return descriptor?.isKeyFrameStart ?? true
  }
}
