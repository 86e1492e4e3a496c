import Primitives
import Visits
import Wire

/// What is asked for about one's own transport and what it carries.
public enum MediaAction: Equatable, Sendable {
  case negotiate(MediaOffer)
  /// A negotiation whose offer has fresh ICE credentials.
  case restart(MediaOffer)
  case report(QualityReport)
  case acknowledgeSeats([SeatAcknowledgement])
  /// A test of the connection to the relay, before joining.
  case probe(MediaOffer)
}

/// An offer, and what its media sections are for.
public struct MediaOffer: Equatable, Sendable {
  /// The session description.
  public var offer: String
  /// What the client sends.
  public var tracks: [MediaNegotiator.TrackRequest]
  /// Where it receives, in the order in which seats are numbered.
  public var seats: [MediaNegotiator.SeatRequest]
}

/// The client has blanked the seat: nothing that was shown there before is shown any more.
public struct SeatAcknowledgement: Hashable, Sendable {
  /// The seat.
  public var seat: Int
  /// The change that is acknowledged.
  public var epoch: UInt64

  /// Joins the two.
  public init(seat: Int, epoch: UInt64) {
    self.seat = seat
    self.epoch = epoch
  }
}

/// What a client has measured of its own connection since its last report.
public struct QualityReport: Equatable, Sendable {
  /// Milliseconds to the relay and back.
  public var roundTrip: Int?
  /// Of the packets that were to come, those that did not: in thousandths.
  public var lossReceiving: Int?
  /// Of the packets that were sent, those that did not arrive: in thousandths.
  public var lossSending: Int?
  /// Milliseconds in which a picture stood still that should have moved.
  public var frozen: Int?
  /// Milliseconds of sound that had to be made up.
  public var concealed: Int?

  /// Nothing measured.
  public init() {}
}
