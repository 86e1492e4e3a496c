import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Gives an answer, with what holds now.
  mutating func answer(_ reply: PendingReply, isDurable: Bool) {
    var result: [JSON.Member] = []
    switch reply.answer {
    case .done: break
    case .joined:
      // What is told here is not told again as notifications.
      showAll(reply.session)
      result = describeJoined(reply.session)
    case .admitted(let participants):
      result = [.init("admitted", .array(participants.map { .string($0.text) }))]
    case .muted(let participant):
      let visit = sessions[reply.session]?.visit
      let muted = visit.flatMap(journal.scene)?.participant(participant)?.isMutedByStaff
      result = [
        .init("participant", .string(participant.text)), .init("muted", .bool(muted ?? false)),
      ]
    }
    if !isDurable { result.append(.init("durable", false)) }
    sendResult(.object(result), to: reply)
  }

  /// Sends a result on the connection that asked, if it still carries the session.
  mutating func sendResult(_ result: JSON, to reply: PendingReply) {
    guard let request = reply.request, connections[reply.connection]?.session == reply.session
    else { return }
    emit(.send(reply.connection, JSONRPCText.result(request, result)))
  }

  /// Sends an error on the connection that asked, if it still carries the session.
  mutating func sendError(_ error: SignalingError, to reply: PendingReply) {
    guard let request = reply.request, connections[reply.connection]?.session == reply.session
    else { return }
    emit(.send(reply.connection, JSONRPCText.error(request, error)))
  }
}
