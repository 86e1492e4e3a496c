/// How an invite stands, in one word for staff.
public enum InviteState: String, Sendable, CaseIterable {
  /// Nothing was to be sent: the link is handed over in another way.
  case unsent
  /// Waits to go out.
  case queued
  /// Has gone out, by one channel at least.
  case sent
  /// Did not go out by any channel.
  case failed
  /// The link has been opened.
  case opened
  /// Somebody who came by it waits in the lobby.
  case waiting
  /// Somebody who came by it is in the call, or has been.
  case joined
  /// Was taken back.
  case revoked
}

extension Visit {
  /// How an invite stands now.
  public func state(of invite: Invite) -> InviteState {
    if invite.isRevoked { return .revoked }
    let present = participants.filter { $0.recipientsInvite == invite.id }
    if present.contains(where: { $0.place == .call }) { return .joined }
    if !present.isEmpty { return .waiting }
    if invite.wasUsed { return .joined }
    if invite.wasOpened { return .opened }
    let states = lastMessages(of: invite.id).map(\.state)
    if states.contains(.sent) { return .sent }
    if states.contains(.queued) { return .queued }
    return states.isEmpty ? .unsent : .failed
  }

  /// The newest message that carries an invite, for each channel by which there was one.
  public func lastMessages(of invite: InviteID) -> [OutgoingMessage] {
    OutgoingMessage.Channel.allCases.compactMap { channel in
      messages.last { $0.invite == invite && $0.channel == channel }
    }
  }
}
