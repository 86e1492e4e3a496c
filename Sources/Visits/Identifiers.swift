import Primitives

/// A clinic.
public enum ClinicKind: IdentifierKind {
  /// `cli`.
  public static let prefix = "cli"
}
/// A part of a clinic.
public enum UnitKind: IdentifierKind {
  /// `uni`.
  public static let prefix = "uni"
}
/// A visit.
public enum VisitKind: IdentifierKind {
  /// `vis`.
  public static let prefix = "vis"
}
/// A person: staff, patient, proxy or guest.
public enum PersonKind: IdentifierKind {
  /// `per`.
  public static let prefix = "per"
}
/// An invite.
public enum InviteKind: IdentifierKind {
  /// `inv`.
  public static let prefix = "inv"
}
/// A call.
public enum CallKind: IdentifierKind {
  /// `cal`.
  public static let prefix = "cal"
}
/// A call request.
public enum CallRequestKind: IdentifierKind {
  /// `req`.
  public static let prefix = "req"
}
/// A participant.
public enum ParticipantKind: IdentifierKind {
  /// `par`.
  public static let prefix = "par"
}
/// A message in a call's chat.
public enum ChatMessageKind: IdentifierKind {
  /// `cht`.
  public static let prefix = "cht"
}

/// A message to one person by one channel.
public enum MessageKind: IdentifierKind {
  /// `msg`.
  public static let prefix = "msg"
}
/// A background image of a clinic.
public enum BackgroundKind: IdentifierKind {
  /// `bac`.
  public static let prefix = "bac"
}

/// Names a clinic.
public typealias ClinicID = Identifier<ClinicKind>
/// Names a part of a clinic.
public typealias UnitID = Identifier<UnitKind>
/// Names a visit.
public typealias VisitID = Identifier<VisitKind>
/// Names a person. Opaque: never an identity number, never made from one.
public typealias PersonID = Identifier<PersonKind>
/// Names an invite; its secret is something else and is not known here.
public typealias InviteID = Identifier<InviteKind>
/// Names a call.
public typealias CallID = Identifier<CallKind>
/// Names a call request.
public typealias CallRequestID = Identifier<CallRequestKind>
/// Names one person's presence in a visit's lobby or call.
public typealias ParticipantID = Identifier<ParticipantKind>
/// Names a message in a call's chat.
public typealias ChatMessageID = Identifier<ChatMessageKind>
/// Names a message to one person; the gateway's idempotency key is made from it.
public typealias MessageID = Identifier<MessageKind>
/// Names a background image; the picture itself is not known here.
public typealias BackgroundID = Identifier<BackgroundKind>
