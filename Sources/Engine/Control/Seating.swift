import Primitives
import Signaling
import Visits
import Wire

/// Who sits on which of one viewer's seats, and who may come next.
///
/// The rule that it keeps: **a seat is given to somebody only when the viewer's client shows
/// nothing there**. A seat that was never used is clean. When its occupant goes, the relay stops
/// them at once and the client is told with the next epoch; the seat is clean again when the
/// client has acknowledged exactly that epoch. Epochs of a seat only grow, so a late
/// acknowledgement of an earlier change cleans nothing.
///
///     clean ──give──▶ seating ──worker answers──▶ occupied
///       ▲                │                           │
///       └─acknowledged── vacating ◀──────take────────┘
public struct Seating: Equatable, Sendable {
  /// Somebody who can be put on a seat.
  public struct Candidate: Hashable, Sendable {
    /// Who the client is told it is.
    public var participant: ParticipantID
    /// Whose media the relay sends.
    public var peer: PeerNumber
    /// Whether there is a screen to be seen.
    public var sharesScreen: Bool

    /// Joins the parts.
    public init(participant: ParticipantID, peer: PeerNumber, sharesScreen: Bool = false) {
      self.participant = participant
      self.peer = peer
      self.sharesScreen = sharesScreen
    }
  }

  /// Everybody whom the viewers in a call could see, and the way to each: the same for all viewers,
  /// so that it is made once.
  public struct Candidates: Sendable {
    /// In order of arrival.
    let all: [Candidate]
    /// Those of them who share a screen.
    let sharing: [Candidate]
    private let byPeer: [PeerNumber: Int]
    private let byParticipant: [ParticipantID: Int]

    /// Those who can be seen, in order of arrival, each once.
    public init(_ all: [Candidate] = []) {
      self.all = all
      sharing = all.filter(\.sharesScreen)
      byPeer = Dictionary(
        all.indices.lazy.map { (all[$0].peer, $0) }, uniquingKeysWith: { first, _ in first })
      byParticipant = Dictionary(
        all.indices.lazy.map { (all[$0].participant, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func index(of peer: PeerNumber) -> Int? { byPeer[peer] }

    subscript(_ participant: ParticipantID) -> Candidate? {
      byParticipant[participant].map { all[$0] }
    }
  }

  /// What the client is told about one seat.
  public struct Change: Equatable, Sendable {
    /// The seat's index.
    public var seat: Int
    /// The change's number: the viewer's, for this seat.
    public var epoch: UInt64
    /// Who sits there now; nil: blank it, and acknowledge.
    public var participant: ParticipantID?
    /// What of theirs is shown; the person's camera where the seat is for a person.
    public var source: MediaSource
    /// The first RTP timestamps that are theirs, modulo 2^32.
    public var from: (audio: UInt32, video: UInt32)?

    /// Whether two changes say the same.
    public static func == (left: Change, right: Change) -> Bool {
      left.seat == right.seat && left.epoch == right.epoch
        && left.participant == right.participant && left.source == right.source
        && left.from?.audio == right.from?.audio && left.from?.video == right.from?.video
    }
  }

  /// The highest simulcast layer that a seat wants.
  public struct Limit: Equatable, Sendable {
    /// The seat's index.
    public var seat: Int
    /// The layer, 0 the lowest; `best` for whatever there is.
    public var most: UInt8

    /// As good as it gets.
    public static let best = UInt8.max

    /// Joins the two.
    public init(seat: Int, most: UInt8) {
      self.seat = seat
      self.most = most
    }
  }

  /// What follows from an input: commands to the worker, and changes for the client.
  public struct Outcome: Equatable, Sendable {
    /// For the worker, in order.
    public var commands: [SeatAssignment] = []
    /// For the client, in order.
    public var changes: [Change] = []
    /// For the worker: which seats want another quality than before.
    public var limits: [Limit] = []

    /// Nothing follows.
    public init() {}
  }

  private struct Seat: Equatable {
    enum State: Equatable {
      case clean
      case seating(Candidate)
      case occupied(Candidate, audioFrom: UInt32, videoFrom: UInt32)
      case vacating
    }

    let index: Int
    let kind: SeatKind
    var epoch: UInt64
    var state = State.clean
    var most = Limit.best

    var occupant: Candidate? {
      switch state {
      case .seating(let candidate), .occupied(let candidate, _, _): candidate
      case .clean, .vacating: nil
      }
    }
  }

  private var seats: [Seat] = []
  private var formerEpochs: [Int: UInt64] = [:]

  /// Without seats.
  public init() {}

  /// The seats of a client that has made a new peer connection: all of them clean. Epochs go on
  /// from `former`, so that acknowledgements meant for the old ones do not count.
  public init(after former: Seating) {
    formerEpochs = former.formerEpochs
    for seat in former.seats { formerEpochs[seat.index] = seat.epoch }
  }

  // MARK: What changes it

  /// Adds the seats of a plan that are not there yet.
  public mutating func extend(to plan: [SeatPlan]) {
    for seat in plan where !seats.contains(where: { $0.index == seat.index }) {
      seats.append(
        Seat(index: seat.index, kind: seat.kind, epoch: formerEpochs[seat.index] ?? 0))
    }
  }

  /// Seats people: those of `candidates` who are not the viewer; pins in the viewer's order;
  /// speakers loudest first; how large the viewer shows the seats of which it has said so.
  public mutating func arrange(
    _ candidates: Candidates, besides viewer: PeerNumber? = nil, pins: [Pin] = [],
    speakers: [ParticipantID] = [], views: [SeatView] = []
  ) -> Outcome {
    var outcome = Outcome()
    func wishes(_ kind: SeatKind) -> [[Candidate]] {
      let pinned = pins.filter { $0.source == kind.sources.video }.compactMap {
        candidates[$0.participant]
      }
      let sitting = occupants(kind).compactMap { candidates.index(of: $0) }.sorted()
      return [pinned, sitting.map { candidates.all[$0] }]
    }
    func isOther(_ candidate: Candidate) -> Bool { candidate.peer != viewer }
    fill(.person, with: wishes(.person) + [candidates.all], where: isOther, into: &outcome)
    fill(
      .screen, with: wishes(.screen) + [candidates.sharing],
      where: { isOther($0) && $0.sharesScreen }, into: &outcome)
    let shown = Set(occupants(.person))
    let voices = speakers.compactMap { candidates[$0] }.filter { !shown.contains($0.peer) }
    let speaking = Set(occupants(.voice))
    fill(
      .voice, with: [voices.filter { speaking.contains($0.peer) }, voices], where: isOther,
      into: &outcome)
    for at in seats.indices {
      let most = most(for: seats[at], pins: pins, views: views)
      guard seats[at].most != most else { continue }
      seats[at].most = most
      outcome.limits.append(Limit(seat: seats[at].index, most: most))
    }
    return outcome
  }

  /// Who is pinned, or of whose size nothing is said, is seen as well as can be.
  private func most(for seat: Seat, pins: [Pin], views: [SeatView]) -> UInt8 {
    guard let source = seat.kind.sources.video,
      let view = views.last(where: { $0.seat == seat.index }),
      !pins.contains(where: {
        $0.participant == seat.occupant?.participant && $0.source == source
      })
    else { return Limit.best }
    return view.highestUsefulLayer
  }

  /// The client shows nothing on the seat, as of that change.
  public mutating func acknowledge(_ acknowledgement: SeatAcknowledgement) {
    guard let at = seats.firstIndex(where: { $0.index == acknowledgement.seat }),
      seats[at].state == .vacating, seats[at].epoch == acknowledgement.epoch
    else { return }
    seats[at].state = .clean
  }

  /// The worker has done as it was told; nil where that has been overtaken.
  public mutating func seated(
    _ assignment: SeatAssignment, audioFrom: UInt32, videoFrom: UInt32
  ) -> Change? {
    guard let at = seats.firstIndex(where: { $0.index == assignment.seat }),
      seats[at].epoch == assignment.epoch, case .seating(let candidate) = seats[at].state,
      candidate.peer == assignment.occupant
    else { return nil }
    seats[at].state = .occupied(candidate, audioFrom: audioFrom, videoFrom: videoFrom)
    return change(of: seats[at])
  }

  // MARK: What reads it

  /// All seats as the client may show them now.
  public var snapshot: [Change] { seats.map(change) }

  // MARK: Filling

  private func occupants(_ kind: SeatKind) -> [PeerNumber] {
    seats.lazy.filter { $0.kind == kind }.compactMap { $0.occupant?.peer }
  }

  /// Gives the seats of a kind to the first in `groups`: pinned first, then those who sit, then the
  /// others, so that nobody moves without need.
  private mutating func fill(
    _ kind: SeatKind, with groups: [[Candidate]], where isWanted: (Candidate) -> Bool,
    into outcome: inout Outcome
  ) {
    let places = seats.indices.filter { seats[$0].kind == kind }
    let wanted = Self.choose(places.count, from: groups, where: isWanted)
    for at in places {
      guard let occupant = seats[at].occupant, !wanted.contains(where: { $0.peer == occupant.peer })
      else { continue }
      vacate(at, into: &outcome)
    }
    let sitting = Set(places.compactMap { seats[$0].occupant?.peer })
    var free = places.filter { seats[$0].state == .clean }[...]
    for candidate in wanted where !sitting.contains(candidate.peer) {
      guard let at = free.popFirst() else { return }
      give(at, to: candidate, into: &outcome)
    }
  }

  /// The first so many, each once. It ends as soon as there are enough: there can be hundreds.
  private static func choose(
    _ count: Int, from groups: [[Candidate]], where isWanted: (Candidate) -> Bool
  ) -> [Candidate] {
    var chosen: [Candidate] = []
    for group in groups {
      for candidate in group {
        guard chosen.count < count else { return chosen }
        guard isWanted(candidate), !chosen.contains(where: { $0.peer == candidate.peer }) else {
          continue
        }
        chosen.append(candidate)
      }
    }
    return chosen
  }

  private mutating func give(_ at: Int, to candidate: Candidate, into outcome: inout Outcome) {
    seats[at].epoch += 1
    seats[at].state = .seating(candidate)
    outcome.commands.append(
      SeatAssignment(seat: seats[at].index, epoch: seats[at].epoch, occupant: candidate.peer))
  }

  private mutating func vacate(_ at: Int, into outcome: inout Outcome) {
    seats[at].epoch += 1
    seats[at].state = .vacating
    outcome.commands.append(
      SeatAssignment(seat: seats[at].index, epoch: seats[at].epoch, occupant: nil))
    outcome.changes.append(change(of: seats[at]))
  }

  private func change(of seat: Seat) -> Change {
    let source = seat.kind.sources.video ?? seat.kind.sources.audio
    switch seat.state {
    case .clean, .vacating:
      return Change(seat: seat.index, epoch: seat.epoch, source: source)
    case .seating:
      // The client hears of this epoch when the worker has answered, and not before.
      return Change(seat: seat.index, epoch: seat.epoch - 1, source: source)
    case .occupied(let candidate, let audio, let video):
      return Change(
        seat: seat.index, epoch: seat.epoch, participant: candidate.participant, source: source,
        from: (audio, video))
    }
  }
}

extension SeatView {
  /// The highest of three layers, each of twice the size of the one below, that is not larger than
  /// it is shown: of pictures with 720 lines, as cameras send them.
  fileprivate var highestUsefulLayer: UInt8 {
    let lines = min(maximumWidth, maximumHeight)
    return lines <= 180 ? 0 : lines <= 360 ? 1 : Seating.Limit.best
  }
}
