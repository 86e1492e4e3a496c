import Primitives
import Signaling
import Visits

extension ControlPlane {
  /// Carries out what people do for themselves.
  mutating func carry(
    _ action: OwnAction, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let visit = try ownVisit(of: session)
    switch action {
    case .update(let update):
      try request(.updateSelf(update), in: visit, from: session, as: reply)
    case .startSharing(let audio):
      let device = sessions[session]?.client.device ?? .computer
      try request(.startSharing(device, audio: audio), in: visit, from: session, as: reply)
    case .stopSharing: try request(.stopSharing, in: visit, from: session, as: reply)
    case .setPins(let pins):
      sessions[session]?.pins = pins
      touched.insert(visit)
      answer(reply, isDurable: true)
    case .setView(let views):
      sessions[session]?.seatViews = views
      touched.insert(visit)
      answer(reply, isDurable: true)
    case .chat(let text): try say(text, in: visit, from: session, reply: reply)
    case .rate(let feedback): try rate(feedback, in: visit, from: session, reply: reply)
    }
  }

  private mutating func say(
    _ text: Redacted<String>, in visit: VisitID, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    let id = ChatMessageID(random: &random)
    var reply = reply
    reply.answer = .chat(id)
    try request(.chat(id, text), in: visit, from: session, as: reply)
  }

  /// The rating goes on record with what the person's client has measured.
  private mutating func rate(
    _ feedback: Feedback, in visit: VisitID, from session: SessionID, reply: PendingReply
  ) throws(SignalingError) {
    var feedback = feedback
    feedback.measured = sessions[session]?.measured.total
    var reply = reply
    reply.answer = .rated
    try request(.submitFeedback(feedback), in: visit, from: session, as: reply)
  }
}
