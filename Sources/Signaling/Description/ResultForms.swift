import Primitives
import Visits
import Wire

/// The forms that several results and notifications share, as JSON Schema. Newer daemons can say
/// more: clients leave aside what they do not know.
enum ResultForms {
  private typealias Form = MethodDescription

  private static let text = Form.text
  private static let flag = Form.flag
  private static let number = Form.number
  private static let textOrNull: JSON = ["type": ["string", "null"]]
  private static let role = ParameterShape.word(of: Role.self).schema
  private static let kind = ParameterShape.word(of: GuestKind.self).schema
  private static let identification = ParameterShape.word(of: Identification.self).schema

  /// All of them, by name.
  static let all: [JSON.Member] = [
    .init("Session", session), .init("Snapshot", snapshot), .init("Visit", visit),
    .init("Person", person), .init("Colleague", colleague), .init("Node", node),
    .init("Participant", participant), .init("Waiting", waiting), .init("Seat", seat),
    .init("Invite", invite), .init("InviteOutcome", outcome), .init("Warning", warning),
    .init("ChatMessage", chatMessage), .init("CallRequest", request),
  ]

  private static let session = Form.object(
    [
      "session": text, "resume_secret": text, "seq": number,
      "you": Form.object(
        ["role": role, "identified_by": identification],
        optional: ["person": text, "participant": text, "kind": kind, "name": text]),
      "clinic": Form.object(
        ["id": text, "name": text], optional: ["settings": ["type": "object"]]),
      "ice_servers": ["type": "array"], "limits": ["type": "object"],
    ], optional: ["visit": Form.form("Visit"), "snapshot": Form.form("Snapshot")])

  private static let snapshot = Form.object(
    [:],
    optional: [
      "call": ["type": "object"], "request": Form.form("CallRequest"),
      "roster": Form.list(Form.form("Participant")), "lobby": Form.list(Form.form("Waiting")),
      "seats": Form.list(Form.form("Seat")), "speakers": Form.list(text),
      "chat": Form.list(Form.form("ChatMessage")), "pins": ["type": "array"],
      "rating": ["type": "object"],
    ])

  private static let visit = Form.object(
    ["id": text],
    optional: [
      "state": ParameterShape.word(of: Visit.State.self).schema, "type": text, "unit": text,
      "heading": text, "description": text, "scheduled": number, "ends": number,
      "responsible": Form.form("Person"), "staff": Form.list(Form.form("Person")),
      "patient": Form.form("Person"), "patients": Form.list(Form.form("Person")),
      "proxies": Form.list(Form.form("Person")),
      "relation": ParameterShape.word(of: Relation.self).schema,
      "call": Form.object(["id": text, "state": text]), "version": number,
    ])

  private static let person = Form.object(
    [:],
    optional: [
      "person": text, "name": text, "title": text, "profile": text, "age_band": text,
      "phone": text, "email": text,
    ])

  private static let colleague = Form.object(
    ["person": text, "name": text], optional: ["title": text, "unit": text])

  private static let node = Form.object(
    ["id": text, "kind": ["type": "string", "enum": ["unit", "role", "person"]], "name": text],
    optional: ["person": text, "title": text])

  private static let participant = Form.object(
    [
      "id": text, "name": textOrNull, "role": role, "identified_by": identification,
      "responsible": flag, "you": flag, "microphone": flag, "camera": flag,
      "muted_by_staff": flag, "hand_raised": flag, "connection": text,
    ], optional: ["kind": kind, "quality": text, "sharing": flag])

  private static let waiting = Form.object(
    [
      "participant": text, "name": textOrNull, "role": role, "entered_by": text,
      "identified_by": identification, "since": number,
    ], optional: ["invite": text, "kind": kind, "held": text])

  private static let seat = Form.object(
    ["seat": number, "epoch": number, "participant": textOrNull],
    optional: ["source": text, "audio_from": number, "video_from": number])

  private static let invite = Form.object(
    ["id": text, "name": textOrNull, "role": role, "state": text],
    optional: [
      "kind": kind, "phone": text, "email": text,
      "channels": Form.list(
        Form.object(["channel": text, "state": text], optional: ["reason": text])),
    ])

  private static let outcome = Form.object(
    ["status": ["type": "string", "enum": ["accepted", "refused"]]],
    optional: [
      "invite": Form.form("Invite"), "index": number, "reason": text, "field": text,
    ])

  private static let warning = Form.object(
    ["code": text, "field": text, "message": text],
    optional: ["person": text, "visit": text, "fits": text])

  private static let chatMessage = Form.object(
    [
      "id": text, "participant": text, "name": textOrNull, "role": role, "you": flag,
      "text": text, "at": number,
    ])

  private static let request = Form.object(
    ["call": text, "visit": text, "by": ["type": ["object", "null"]]])
}
