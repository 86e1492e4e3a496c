import Primitives

/// A model of one WebSocket: messages arrive in order, each after a delay of its own, until the
/// connection is cut.
struct SignalingChannel {
  /// The longest that one message takes.
  var maximumDelay: Duration
  private var lastToServer = Instant.origin
  private var lastToClient = Instant.origin

  init(maximumDelay: Duration) { self.maximumDelay = maximumDelay }

  /// When a message that the client sends now arrives.
  mutating func toServer(now: Instant, random: inout RandomSource) -> Instant {
    lastToServer = max(lastToServer, now + delay(&random))
    return lastToServer
  }

  /// When a message that the server sends now arrives.
  mutating func toClient(now: Instant, random: inout RandomSource) -> Instant {
    lastToClient = max(lastToClient, now + delay(&random))
    return lastToClient
  }

  private func delay(_ random: inout RandomSource) -> Duration {
    Duration(nanoseconds: Int64.random(in: 0...maximumDelay.nanoseconds, using: &random))
  }
}
