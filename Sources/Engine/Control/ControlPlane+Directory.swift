import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what is asked for about the clinic's staff.
  mutating func carry(
    _ action: DirectoryAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    guard let identity = sessions[session]?.identity else { return }
    let method =
      switch action {
      case .search: Method.directorySearch
      case .tree: Method.directoryTree
      }
    do {
      try method.permission.require(role: identity.role, relation: .none, place: .out)
    } catch {
      throw SignalingError(error)
    }
    throw SignalingError(.methodNotFound, "unknown_method")
  }
}
