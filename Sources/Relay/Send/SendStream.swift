import Primitives
import Wire

/// One SSRC towards a viewer: the audio or the video of a seat, whoever sits there.
///
/// It makes of each publisher's packet one of its own: payload type, SSRC, sequence number,
/// timestamp, picture id and TL0PICIDX run on as if one source had sent them all. Marker and media
/// stay; CSRCs, padding and all header extensions but the audio level go.
struct SendStream: ~Copyable {
  /// The peer that it goes to.
  let viewer: Handle
  /// The section's agreed numbers.
  var section: ReceiveSection
  /// The viewer's id for the audio level.
  var audioLevelID: UInt8
  /// The track that is sent; nil while nobody sits there, or has no such source.
  var track: Handle?

  /// Packets and payload bytes sent, as sender reports count them.
  private(set) var packetCount: UInt32 = 0
  private(set) var octetCount: UInt32 = 0
  /// Whether a source has started, and its first report has not been sent.
  var owesReport = false

  private var selector = LayerSelector()
  private var sequence: SequenceRewriter
  private(set) var timestamps: TimestampMapper
  private var picture = VP8Rewriter()
  private var sent: RetransmissionRing
  private var retransmissionIndex: UInt64
  private var budget = RetransmissionBudget()

  /// A stream that nothing has been sent on.
  init(_ section: ReceiveSection, viewer: Handle, audioLevelID: UInt8, random: inout RandomSource) {
    self.viewer = viewer
    self.section = section
    self.audioLevelID = audioLevelID
    sequence = SequenceRewriter(random: &random)
    timestamps = TimestampMapper(rate: section.kind.clockRate, random: &random)
    let isRepaired =
      section.retransmissionSSRC != nil && section.payloadTypes.retransmission != nil
    sent = RetransmissionRing(capacity: isRepaired ? Limits.historyPackets : 0)
    retransmissionIndex = random.next() % (1 << 15 - 1)
  }

  /// Ends what the stream was fed from; what was sent is forgotten, so that it is not sent again
  /// as another's.
  mutating func disconnect() {
    track = nil
    suspend()
    sent.reset()
  }

  /// Lets out only what is captured after `instant`, and later than all that went out; answers
  /// with the first timestamp that can.
  mutating func begin(after instant: Instant) -> UInt32 { timestamps.begin(after: instant) }

  /// Lets nothing out until the source can be decoded from anew.
  mutating func suspend() { selector.stop() }

  /// The highest sequence number that went out.
  var highestSequence: UInt64? { sequence.highest }

  /// What went out with a number, where that is known and not too fresh; it counts as sent `now`.
  mutating func packet(sentAs sequence: UInt64, now: Instant, quietTime: Duration) -> SentPacket? {
    sent.take(sequence, now: now, quietTime: quietTime)
  }

  /// Takes a retransmission's bytes from the budget; false where there are not enough.
  mutating func spend(_ length: Int) -> Bool { budget.spend(length) }

  /// The index of the next packet on the RTX stream.
  mutating func nextRetransmissionIndex() -> UInt64 {
    retransmissionIndex += 1
    return retransmissionIndex
  }

  /// The layer that goes out; nil while nothing does.
  var currentLayer: LayerVersion? { track == nil ? nil : selector.current }
}

/// What has become of a packet on one route.
enum SendOutcome {
  /// It stands in the slot.
  case written(length: Int, headerLength: Int, index: UInt64)
  case dropped(RelayDrop)
}

extension SendStream {
  /// Writes what a packet goes out as into `slot`. `source` is the publisher's packet.
  mutating func forward(
    _ packet: borrowing MediaPacket, source: UnsafeRawBufferPointer, bestLayer: UInt8,
    into slot: UnsafeMutableRawBufferPointer, now: Instant
  ) -> SendOutcome {
    if let reason = admit(packet, bestLayer: bestLayer, now: now) { return .dropped(reason) }
    guard let index = sequence.rewrite(packet.sequence) else { return .dropped(.late) }
    let timestamp = timestamps.rewrite(packet.header.timestamp)
    let payload = payload(of: packet)

    var out = slot.mutableBytes
    let headerLength = writeHeader(
      of: packet, index: index, timestamp: timestamp, isRED: payload.isRED, to: &out)
    UnsafeMutableRawBufferPointer(rebasing: slot[headerLength..<headerLength + payload.range.count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[payload.range]))
    if payload.isRED, let blocks = packet.redundancy {
      _ = blocks.patchPayloadTypes(
        &out, payloadAt: headerLength, from: blocks.primary.payloadType,
        to: section.payloadTypes.primary)
    }
    var record = SentPacket(
      sequence: index, reference: packet.reference, length: packet.header.packetLength,
      timestamp: timestamp, pictureID: 0, baseLayerIndex: 0, time: now)
    if let descriptor = packet.descriptor {
      let rewritten = picture.rewrite(descriptor)
      rewritten.patch(&out, payloadAt: headerLength)
      record.pictureID = rewritten.pictureID?.value ?? 0
      record.baseLayerIndex = rewritten.tl0PicIdx?.value ?? 0
    }
    let length = headerLength + payload.range.count
    sent.record(record)
    budget.earn(length)
    packetCount &+= 1
    octetCount &+= UInt32(truncatingIfNeeded: payload.range.count)
    return .written(length: length, headerLength: headerLength, index: index)
  }

  /// Judges a packet, and starts its layer where it is the first of it; nil to let it out.
  private mutating func admit(
    _ packet: borrowing MediaPacket, bestLayer: UInt8, now: Instant
  ) -> RelayDrop? {
    if packet.isPadding {
      if packet.layer == selector.current { sequence.skip(packet.sequence) }
      return .padding
    }
    switch selector.decide(packet.layer, best: bestLayer, isEntry: packet.isEntry) {
    case .notSelected: return .notSelected
    case .awaitKeyFrame: return .awaitingKeyFrame
    case .start:
      var tied = timestamps
      tied.start(timestamp: packet.header.timestamp, capture: packet.captureTime)
      guard tied.admitsAsFirst(packet.header.timestamp) else { return .beforeSeating }
      timestamps = tied
      selector.start(packet.layer)
      sequence.start(at: packet.sequence)
      if let descriptor = packet.descriptor { picture.start(at: descriptor) }
      owesReport = true
      return nil
    case .forward:
      if !timestamps.isPlausible(packet.header.timestamp, now: now) {
        guard retie(packet) else { return .late }
      }
      return timestamps.admits(packet.header.timestamp) ? nil : .beforeSeating
    }
  }

  /// Ties the source to the line again after its clock has stood still or jumped; false where the
  /// packet would go back in time.
  private mutating func retie(_ packet: borrowing MediaPacket) -> Bool {
    var tied = timestamps
    tied.start(timestamp: packet.header.timestamp, capture: packet.captureTime)
    guard !packet.isLate, tied.admitsAsFirst(packet.header.timestamp) else { return false }
    timestamps = tied
    return true
  }

  /// The part of the payload that goes out: RED as it is where the receiver knows it, else the
  /// newest block alone.
  private func payload(of packet: borrowing MediaPacket) -> (range: Range<Int>, isRED: Bool) {
    guard let blocks = packet.redundancy else { return (packet.header.payloadRange, false) }
    if section.payloadTypes.redundancy != nil { return (packet.header.payloadRange, true) }
    return (blocks.primary.range, false)
  }

  /// Writes a fresh header; returns its length.
  private func writeHeader(
    of packet: borrowing MediaPacket, index: UInt64, timestamp: UInt32, isRED: Bool,
    to out: inout MutableRawSpan
  ) -> Int {
    let types = section.payloadTypes
    let header = RTPHeader(
      payloadType: isRED ? types.redundancy ?? types.primary : types.primary,
      sequenceNumber: UInt16(truncatingIfNeeded: index), timestamp: timestamp, ssrc: section.ssrc,
      marker: packet.header.marker)
    header.write(to: &out)
    var extensions = HeaderExtensionWriter()
    if let level = packet.audioLevel {
      extensions.append(id: audioLevelID, level.byte, to: &out)
    }
    return extensions.finish(&out)
  }
}
