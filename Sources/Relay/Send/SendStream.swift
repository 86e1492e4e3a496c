import Primitives
import Wire

/// One SSRC towards a viewer: the audio or the video of a seat, whoever sits there.
///
/// It makes of each publisher's packet one of its own: payload type, SSRC, sequence number,
/// timestamp, picture id and TL0PICIDX run on as if one source had sent them all. Marker and media
/// stay; CSRCs, padding and all header extensions but the audio level go.
///
/// What each packet needs stands first, so that little has to be brought near for it.
struct SendStream: ~Copyable {
  private let place = InPlace()
  /// Up to where that is: the newest step of `sequence`.
  static let bytesForPacket = 320

  /// The peer that it goes to.
  let viewer: Handle
  /// The section's agreed numbers.
  var section: ReceiveSection
  /// The viewer's id for the audio level.
  var audioLevelID: UInt8
  /// The track that is sent; nil while nobody sits there, or has no such source.
  var track: Handle?

  /// Packets and payload bytes sent, as sender reports count them.
  var packetCount: UInt32 = 0
  var octetCount: UInt32 = 0
  /// Whether a source has started, and its first report has not been sent.
  var owesReport = false

  /// The highest layer that the viewer wants; higher ones are not sent to it.
  var wantedLayer = UInt8.max
  /// Which of the track's layers goes out.
  var selector = LayerSelector()
  /// What can be sent again, and the bytes that that may take.
  var sent: RetransmissionRing
  var budget = RetransmissionBudget()
  /// What makes the timestamps, picture ids and sequence numbers run on.
  var timestamps: TimestampMapper
  var picture = VP8Rewriter()
  var sequence: SequenceRewriter

  /// The index of the last packet on the RTX stream.
  var retransmissionIndex: UInt64
  /// How many key frames the viewer may still ask for.
  var keyFrames = KeyFrameAllowance()

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

  /// Has the processor bring near what of the next packet is kept elsewhere.
  func prefetch() { sent.prefetch((sequence.highest ?? 0) &+ 1) }

  /// The layer that goes out; nil while nothing does.
  var currentLayer: LayerVersion? { track == nil ? nil : selector.current }
}
