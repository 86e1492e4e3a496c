import Primitives
import Wire

/// The receive side of one transport, and the seats of its viewer.
struct Peer: ~Copyable {
  private let place = InPlace()
  /// Which stream an SSRC belongs to.
  struct Binding {
    var ssrc: UInt32
    var stream: Handle
    var isRetransmission: Bool
  }

  /// One receive position: its send streams, and who sits there.
  struct Seat {
    var plan: SeatPlan
    var audio: Handle?
    var video: Handle?
    var occupant: Handle?

    var streams: [Handle] { [audio, video].compactMap { $0 } }
  }

  /// A seat of another peer on which this peer sits.
  struct Place: Equatable {
    var viewer: Handle
    var seat: Int
  }

  /// The time between two reports.
  static let reportInterval = Duration.seconds(1)

  /// Whether it stands for somebody on another worker: packets come from there, repaired, and
  /// what is asked of it is asked of that worker.
  let isMirror: Bool
  /// Whether those on other workers may see and hear it.
  var isShared = false
  /// Those with whom it shares one see each other.
  let group: UInt64
  /// The peer's header extension ids.
  var extensions: ExtensionIDs
  /// The canonical name for its sender reports.
  var cname: String
  /// The SSRC that the relay's receiver reports and requests to this peer come from.
  let reportSSRC: UInt32
  /// Its tracks.
  var tracks: [Handle] = []
  /// The SSRCs that are known, announced or learned.
  var bindings = BoundedArray<Binding>(capacity: Limits.streamsPerTransport)
  /// The sources that are forwarded.
  var openSources: Set<MediaSource> = []
  /// What its transport-wide sequence numbers say of the network.
  var feedback = FeedbackBuilder()
  /// Its wall clock.
  var wallClock = NTPOffsetFilter()
  /// Whether what is sent to it can reach it by now.
  var isReachable = false
  /// What it receives, by its plan.
  var seats: [Seat] = []
  /// Where it is seen and heard.
  var places: [Place] = []
  /// Time to the peer and back, by its reports.
  var roundTrip = Duration.milliseconds(100)
  /// When the next reports go to it; nil while there is nothing to report.
  var reportsDue: Instant?

  /// A peer without tracks and seats.
  init(_ plan: MediaPlan, isMirror: Bool, group: UInt64, reportSSRC: UInt32) {
    self.isMirror = isMirror
    self.group = group
    extensions = plan.extensions
    cname = plan.cname
    self.reportSSRC = reportSSRC
  }

  /// What an SSRC is bound to.
  func binding(of ssrc: UInt32) -> Binding? {
    for index in 0..<bindings.count where bindings[index].ssrc == ssrc { return bindings[index] }
    return nil
  }

  /// Binds an SSRC to a stream; the one that had the same part in the stream is unbound. False
  /// where the peer has as many as it may.
  mutating func bind(_ binding: Binding) -> Bool {
    for index in 0..<bindings.count
    where bindings[index].ssrc == binding.ssrc
      || bindings[index].stream == binding.stream
        && bindings[index].isRetransmission == binding.isRetransmission
    {
      bindings.remove(at: index)
      return bind(binding)
    }
    return bindings.append(binding)
  }

  /// Unbinds all SSRCs of a stream.
  mutating func unbind(stream: Handle) {
    for index in (0..<bindings.count).reversed() where bindings[index].stream == stream {
      bindings.remove(at: index)
    }
  }
}
