import Primitives
import Signaling

extension ControlPlane {
  /// Says goodbye before the daemon ends: clients are to connect again, peers are closed.
  ///
  /// Calls are not ended. What is on disk says who was in them, and whoever comes back in time
  /// after the restart is let in again.
  mutating func drain() {
    outbox.close()
    for (session, state) in sessions.sorted(by: { $0.key < $1.key })
    where state.signaling.connection != nil {
      notify(session, .serverDraining, [:])
      notify(session, .sessionClosing, SessionClosing.serverDraining.json)
    }
    for (connection, state) in connections.sorted(by: { $0.key < $1.key }) {
      drop(connection, code: 1_001, reason: "server_draining", isTold: state.session != nil)
    }
    for (number, peer) in peers.sorted(by: { $0.key < $1.key }) {
      emit(.worker(peer.worker, .remove(number)))
    }
  }
}
