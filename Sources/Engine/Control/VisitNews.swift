import Primitives
import Signaling
import Visits

/// What has happened in one visit that is told to those who are not in its call.
struct VisitNews: Sendable {
  /// Whether the visit as it is described has changed.
  var isChanged = false
  /// The links whose state may have changed.
  var invites: Set<InviteID> = []
  /// Who was rung, and how that came out.
  var answers: [CallRequestID] = []
  /// Staff that takes part no more.
  var released: Set<PersonID> = []
  /// Why the visit is over; nil: it is not.
  var ending: SessionClosing?

  /// Nothing.
  init() {}

  /// What a command has brought; the visit as it was before, where there was one, and as it is.
  init(_ events: [VisitEvent], before: Visit?, after: Visit) {
    for event in events { add(event.change, before: before ?? after, after: after) }
  }

  /// Adds what has happened since.
  mutating func merge(_ later: VisitNews) {
    isChanged = isChanged || later.isChanged
    invites.formUnion(later.invites)
    answers += later.answers
    released.formUnion(later.released)
    ending = later.ending ?? ending
  }

  private mutating func add(_ change: Change, before: Visit, after: Visit) {
    switch change {
    case .visitCreated, .detailsRecorded, .personRecorded, .visitStarted, .responsibleChanged,
      .visitReclassified, .visitRescheduled, .attendeeBooked, .callStarted, .staffLost,
      .staffReturned, .callEnded:
      isChanged = true
    case .attendeeReleased(let person):
      isChanged = true
      released.insert(person)
    case .visitCancelled: (isChanged, ending) = (true, .visitCancelled)
    case .visitClosed: (isChanged, ending) = (true, .visitClosed)
    case .inviteCreated(let invite): invites.insert(invite.id)
    case .inviteRevoked(let id), .inviteRotated(let id), .inviteOpened(let id),
      .inviteMoved(let id, _, _):
      invites.insert(id)
    case .messageQueued(let message): note(message.invite)
    case .messageSettled(let id, _): note(after.messages.first { $0.id == id }?.invite)
    case .arrived(let arrival): note(arrival.invite)
    case .admitted(let id, _, _), .held(let id, _), .departed(let id, _):
      note((after.participant(id) ?? before.participant(id))?.invite)
    case .requestSent(let id, _, _), .requestAnswered(let id, _): answers.append(id)
    default: return
    }
  }

  private mutating func note(_ invite: InviteID?) {
    if let invite { invites.insert(invite) }
  }
}
