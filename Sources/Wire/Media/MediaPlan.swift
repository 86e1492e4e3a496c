import Primitives

/// What kind of media a stream carries.
public enum MediaKind: String, Hashable, Sendable, CaseIterable {
  case audio
  case video

  /// Ticks a second of the RTP timestamp: 48,000 for Opus (RFC 7587 section 4.1), 90,000 for
  /// video (RFC 7741 section 4.1).
  public var clockRate: Int { self == .audio ? 48_000 : 90_000 }
}

/// Which of a participant's devices a track comes from.
public enum MediaSource: String, Hashable, Sendable, CaseIterable, BitwiseCopyable {
  case microphone
  case camera
  case screen
  case screenAudio = "screen_audio"

  /// The kind of media that the source gives.
  public var kind: MediaKind { self == .microphone || self == .screenAudio ? .audio : .video }
}

/// What a seat is for.
public enum SeatKind: String, Hashable, Sendable, CaseIterable {
  /// A participant's camera and microphone, played in step.
  case person
  /// A shared screen and its sound.
  case screen
  /// A microphone alone, for somebody who speaks without a person seat.
  case voice

  /// The sources that sit on a seat of this kind.
  public var sources: (audio: MediaSource, video: MediaSource?) {
    switch self {
    case .person: (.microphone, .camera)
    case .screen: (.screenAudio, .screen)
    case .voice: (.microphone, nil)
    }
  }
}

/// The RTP payload types of one media section; values are 0...127, meanings from the answer.
public struct PayloadTypes: Hashable, Sendable {
  /// Opus (RFC 7587) or VP8 (RFC 7741), by the section's kind.
  public var primary: UInt8
  /// Retransmission of `primary` (RFC 4588), where negotiated.
  public var retransmission: UInt8?
  /// Redundant audio (RFC 2198) around `primary`, where negotiated.
  public var redundancy: UInt8?

  /// Joins the payload types of a section.
  public init(primary: UInt8, retransmission: UInt8? = nil, redundancy: UInt8? = nil) {
    self.primary = primary
    self.retransmission = retransmission
    self.redundancy = redundancy
  }
}

/// The header extensions in use on one transport, each with the peer's id for it (1...14 in
/// one-byte form, RFC 8285; 0 where it was not negotiated).
public struct ExtensionIDs: Hashable, Sendable {
  /// MID (RFC 9143 section 15), from the peer only.
  public var mid: UInt8 = 0
  /// RID (RFC 8852), from the peer only.
  public var rid: UInt8 = 0
  /// Repaired RID (RFC 8852), from the peer only.
  public var repairedRID: UInt8 = 0
  /// Audio level (RFC 6464).
  public var audioLevel: UInt8 = 0
  /// Transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01).
  public var transportSequence: UInt8 = 0
  /// Playout delay, on the way to the peer only.
  public var playoutDelay: UInt8 = 0

  /// No extension at all.
  public init() {}
}

/// One stream that an offer announced by `a=ssrc`, with its retransmission partner (RFC 5576).
public struct AnnouncedStream: Hashable, Sendable {
  /// The media stream's SSRC.
  public var ssrc: UInt32
  /// The SSRC of its RTX stream, where an `FID` group names one.
  public var retransmissionSSRC: UInt32?

  /// Joins the two.
  public init(ssrc: UInt32, retransmissionSSRC: UInt32? = nil) {
    self.ssrc = ssrc
    self.retransmissionSSRC = retransmissionSSRC
  }
}

/// A media section on which the peer may publish one track.
public struct PublishSection: Hashable, Sendable {
  /// The section's MID (RFC 9143), 1...16 bytes.
  public var mid: String
  /// What the client says the track is.
  public var source: MediaSource
  /// The payload types that were agreed.
  public var payloadTypes: PayloadTypes
  /// The simulcast layers' RIDs, lowest first (RFC 8853); empty without simulcast.
  public var rids: [String]
  /// The SSRCs that the offer announced; empty where the peer is known by MID and RID alone.
  public var streams: [AnnouncedStream]

  /// Joins the parts.
  public init(
    mid: String, source: MediaSource, payloadTypes: PayloadTypes, rids: [String] = [],
    streams: [AnnouncedStream] = []
  ) {
    self.mid = mid
    self.source = source
    self.payloadTypes = payloadTypes
    self.rids = rids
    self.streams = streams
  }
}

/// A media section on which the relay sends to the peer, with the SSRCs that the answer announced.
public struct ReceiveSection: Hashable, Sendable {
  /// The section's MID.
  public var mid: String
  /// Audio or video.
  public var kind: MediaKind
  /// The receiver's payload types.
  public var payloadTypes: PayloadTypes
  /// The relay's SSRC for the section, the same for as long as the section lives.
  public var ssrc: UInt32
  /// The relay's SSRC for retransmissions; nil without RTX, and then nothing is retransmitted.
  public var retransmissionSSRC: UInt32?

  /// Joins the parts.
  public init(
    mid: String, kind: MediaKind, payloadTypes: PayloadTypes, ssrc: UInt32,
    retransmissionSSRC: UInt32? = nil
  ) {
    self.mid = mid
    self.kind = kind
    self.payloadTypes = payloadTypes
    self.ssrc = ssrc
    self.retransmissionSSRC = retransmissionSSRC
  }
}

/// One receive position of a viewer: the sections that belong together.
public struct SeatPlan: Hashable, Sendable {
  /// The seat's number in this viewer's session; never given to another seat.
  public var index: Int
  /// What the seat is for.
  public var kind: SeatKind
  /// The section for sound.
  public var audio: ReceiveSection?
  /// The section for pictures; nil on a voice seat.
  public var video: ReceiveSection?

  /// Joins the parts.
  public init(index: Int, kind: SeatKind, audio: ReceiveSection?, video: ReceiveSection?) {
    self.index = index
    self.kind = kind
    self.audio = audio
    self.video = video
  }
}

/// What a peer and the relay agreed on by offer and answer: all that the relay needs to know.
public struct MediaPlan: Hashable, Sendable {
  /// Where the peer may publish.
  public var publish: [PublishSection]
  /// Where the relay may send.
  public var seats: [SeatPlan]
  /// The peer's header extension ids; BUNDLE makes them one set (RFC 9143 section 9.1).
  public var extensions: ExtensionIDs
  /// The canonical name that the relay sends in SDES (RFC 3550 section 6.5.1): opaque, the same
  /// for all of a viewer's seats.
  public var cname: String

  /// Joins the parts.
  public init(
    publish: [PublishSection] = [], seats: [SeatPlan] = [], extensions: ExtensionIDs = .init(),
    cname: String
  ) {
    self.publish = publish
    self.seats = seats
    self.extensions = extensions
    self.cname = cname
  }
}
