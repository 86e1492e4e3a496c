import Primitives
import Wire

/// One source of a publisher: its layers, and the routes to those who see or hear it.
struct Track: ~Copyable {
  private let place = InPlace()
  /// A send stream, and the peer that it goes to: so that nothing need be read of the stream to
  /// know that.
  struct Route {
    var stream: Handle
    var viewer: Handle
  }

  /// A layer that has not been heard for this long is given up for a lower one (W24).
  private static let layerTimeout = Duration.seconds(1)

  /// The publisher.
  let peer: Handle
  /// The publisher's group.
  let group: UInt64
  /// The media section's MID.
  let mid: StreamName
  /// Which device it comes from.
  let source: MediaSource
  /// What the publisher's payload types mean.
  let payloadTypes: PayloadTypes
  /// The layers' RIDs, lowest first; empty without simulcast.
  let rids: [StreamName]
  /// Whether it is forwarded: the publisher's source is open.
  var isOpen = false
  /// The layers' receive streams, lowest first: at least one.
  private(set) var layers: BoundedArray<Handle>
  /// The send streams that it is forwarded to.
  private(set) var routes = BoundedArray<Route>(capacity: Limits.routesPerTrack)
  /// The highest layer that is being sent: the one that viewers get.
  private(set) var bestLayer: UInt8 = 0

  /// Packets that have come and have not been forwarded, in the order in which they came.
  var waiting = BoundedArray<MediaPacket>(capacity: Limits.waitingPacketsPerTrack)
  /// Packets that have come since a key frame is wanted, the newest as many as fit: what of it has
  /// overtaken its first packet.
  private var recent: BoundedArray<MediaPacket>
  /// How quickly the packets of a frame come.
  var framePace = FramePace()
  /// Until when those that wait can wait for the next one.
  var waitingUntil = Instant.origin
  /// Whether they are to be forwarded now.
  var isDue = false
  /// The route that they go to next.
  var nextRoute = 0

  private var lastArrivals: InlineArray<4, Instant?> = InlineArray(repeating: nil)

  /// A track without layers and routes; nil where the section's MID is not usable.
  init?(_ section: PublishSection, peer: Handle, group: UInt64) {
    guard let mid = StreamName(section.mid) else { return nil }
    self.peer = peer
    self.group = group
    self.mid = mid
    source = section.source
    payloadTypes = section.payloadTypes
    rids = section.rids.prefix(Limits.layersPerTrack).compactMap { StreamName($0) }
    layers = BoundedArray(capacity: Limits.layersPerTrack)
    recent = BoundedArray(
      capacity: source.kind == .video ? Limits.overtakingPacketsPerTrack : 0)
  }

  /// Audio or video.
  var kind: MediaKind { source.kind }

  /// How many layers the section announced.
  var layerCount: Int { max(1, rids.count) }

  /// Adds the next layer's stream.
  mutating func add(layer: Handle) { layers.append(layer) }

  /// Adds a route; false where the track has as many as it can.
  mutating func add(_ route: Route) -> Bool { routes.append(route) }

  /// Takes the route of a send stream away.
  mutating func removeRoute(of stream: Handle) {
    for index in 0..<routes.count where routes[index].stream == stream {
      routes.remove(at: index)
      if index < nextRoute { nextRoute -= 1 }
      return
    }
  }

  /// Forgets what waits to be forwarded, and what could come to.
  mutating func dropWaiting() {
    waiting.removeAll()
    recent.removeAll()
    nextRoute = 0
  }

  /// Keeps a packet that came while a key frame is wanted.
  mutating func remember(_ packet: MediaPacket) {
    if packet.isEntry { return recent.removeAll() }
    if recent.isFull { recent.remove(at: 0) }
    recent.append(packet)
  }

  /// Makes of the first packet of a key frame that comes late one that can be started with, where
  /// what has overtaken it is still known: the answer, to be forwarded behind it.
  mutating func overtakers(of packet: inout MediaPacket) -> [MediaPacket] {
    guard packet.isLate, !packet.isPadding, packet.descriptor?.isKeyFrameStart == true,
      recent.count > 0, !recent.isFull || recent[0].sequence < packet.sequence,
      waiting.count + recent.count < waiting.capacity
    else { return [] }
    packet.isLate = false
    var result: [MediaPacket] = []
    for index in 0..<recent.count
    where recent[index].layer == packet.layer && recent[index].sequence > packet.sequence {
      result.append(recent[index])
    }
    return result.sorted { $0.sequence < $1.sequence }
  }

  /// Notes that a packet of a layer came, and chooses the best layer anew; true where it changed.
  mutating func receive(layer: UInt8, now: Instant) -> Bool {
    guard layers.count > 1 else { return false }
    lastArrivals[Int(layer)] = now
    var best = Int(layer)
    for index in best..<layers.count {
      if let last = lastArrivals[index], now < last + Self.layerTimeout { best = index }
    }
    defer { bestLayer = UInt8(best) }
    return best != bestLayer
  }
}
