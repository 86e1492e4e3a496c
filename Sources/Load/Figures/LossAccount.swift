import PeerClient
import Primitives
import Wire

/// Packets of received streams by their sequence numbers: whoever is missing between the first and
/// the highest was lost, whether anybody noticed or not.
public struct LossAccount: Equatable, Sendable {
  /// Packets that should have come.
  public var expected: UInt64 = 0
  /// Packets of these that came the first time they were sent.
  public var received: UInt64 = 0

  /// Nothing yet.
  public init() {}

  /// Packets that did not come the first time.
  public var lost: UInt64 { expected - min(expected, received) }
  /// The part that was lost, from 0 to 1.
  public var part: Double { expected == 0 ? 0 : Double(lost) / Double(expected) }

  /// Adds a stream's.
  public mutating func add(_ stream: PeerClient.StreamAccount) {
    expected += stream.expected
    received += stream.received
  }

  /// Adds another account.
  public mutating func add(_ other: LossAccount) {
    expected += other.expected
    received += other.received
  }
}

/// Where packets were lost on the way from the server to the tester: every one of them in one of
/// these, as far as the parties' own counters tell.
public struct LossOrigins: Equatable, Sendable {
  /// All that did not come, by sequence numbers.
  public var lost: UInt64 = 0
  /// Of them, dropped by the tester on purpose as they came (`--loss`).
  public var onPurpose: UInt64 = 0
  /// Came while a socket of the tester had no room: its fault.
  public var testerOverflow: UInt64 = 0
  /// The server's socket did not take them; nil without its figures.
  public var serverUnsent: UInt64?
  /// Never sent to this viewer by the server, though numbered: it did not get them in time from
  /// their publisher, or dropped them. Nil without its figures.
  public var beforeServer: UInt64?
  /// Left the server and did not come. Without its figures, all that is not explained.
  public var onTheWay: UInt64 = 0

  /// Splits losses up. `sent` and `unsent` are what the server says it has sent to viewers for the
  /// first time and what its sockets refused; nil where it says nothing.
  public init(
    _ account: LossAccount, onPurpose: UInt64, overflow: UInt64, sent: UInt64?, unsent: UInt64?
  ) {
    lost = account.lost
    var rest = account.lost
    func take(_ count: UInt64) -> UInt64 {
      let taken = min(count, rest)
      rest -= taken
      return taken
    }
    self.onPurpose = take(onPurpose)
    testerOverflow = take(overflow)
    if let sent {
      serverUnsent = take(unsent ?? 0)
      let arrived = account.received + self.onPurpose + testerOverflow + (serverUnsent ?? 0)
      onTheWay = take(sent > arrived ? sent - arrived : 0)
      beforeServer = rest
    } else {
      onTheWay = rest
    }
  }
}
