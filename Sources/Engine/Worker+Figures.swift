import Relay

extension Worker {
  /// What has become of all datagrams, with what the transports of present peers have dropped.
  public var figures: WorkerCounters {
    var figures = counters
    for index in 0..<path.peers.capacity {
      guard let peer = path.peers.handle(at: index) else { continue }
      figures.add(path.peers[peer].transport.counters)
    }
    return figures
  }

  /// What has become of all clear packets.
  public var relayCounters: RelayCounters { relay.counters }
}
