import Primitives
import Visits

extension MethodDescription {
  private static let visit = Parameter.optional(
    "visit", .identifier(VisitID.self),
    "The visit; needed in a session for the whole clinic that is in no call.")
  private static let person = Parameter.required(
    "person", .identifier(PersonID.self), "A patient or a proxy of the visit.")
  private static let participant = Parameter.required(
    "participant", .identifier(ParticipantID.self), "Who, as the roster or the lobby names them.")
  private static let agreed = Parameter.optional(
    "agreed_with_patient", .flag,
    "The patient has agreed to it; needed where the clinic requires it.")
  private static let joined = object(
    ["place": ["type": "string", "enum": ["lobby", "call"]], "snapshot": form("Snapshot")],
    optional: [
      "call": ["type": ["string", "null"]], "participant": ["type": ["string", "null"]],
      "visit": ["type": ["object", "null"]],
    ])

  /// Methods about calls.
  static let calls = [
    MethodDescription(
      .callStart, "Starts the call and joins it; rings the patient and the proxies.", [visit],
      gives: joined, reasons: ["not_permitted", "call_exists", "visit_closed"]),
    MethodDescription(
      .callJoin, "Into the call or its lobby, as the rules say.",
      [
        visit,
        .optional(
          "name", .text(maximumBytes: Limits.nameBytes),
          "What a guest is called whose link names nobody."),
      ], gives: joined,
      reasons: ["no_call", "call_ended", "denied", "barred", "call_full", "name_required"]),
    MethodDescription(.callLeave, "Leaves the call or the lobby.", reasons: ["not_joined"]),
    MethodDescription(
      .callEnd, "Ends the call for everybody.", reasons: ["not_permitted", "not_in_call"]),
    MethodDescription(
      .callRequest, "Rings a patient or a proxy; the outcome comes as `call.answered`.", [person],
      reasons: ["person_not_found", "already_joined"], example: ["person": "per_demo-patient"]),
    MethodDescription(
      .callWithdraw, "Stops ringing.", [person], reasons: ["request_not_found"],
      example: ["person": "per_demo-patient"]),
    MethodDescription(
      .callAccept, "Accepts the request that rings; then `call.join`.",
      reasons: ["request_not_found"]),
    MethodDescription(
      .callDecline, "Declines the request that rings.", reasons: ["request_not_found"]),
  ]

  /// Methods about those who wait and those who are in the call.
  static let lobby = [
    MethodDescription(
      .lobbyAdmit, "Lets somebody in from the lobby.", [participant, agreed],
      gives: object(["admitted": list(text)]),
      reasons: ["not_in_call", "participant_not_found", "call_full"],
      example: ["participant": "par_1"]),
    MethodDescription(
      .lobbyAdmitAll, "Lets in everybody who waits.", [agreed],
      gives: object(["admitted": list(text)]), reasons: ["not_in_call"]),
    MethodDescription(
      .lobbyDeny, "Turns somebody away; they can knock again after a minute.", [participant],
      reasons: ["participant_not_in_lobby"], example: ["participant": "par_1"]),
    MethodDescription(
      .participantHold, "Sends somebody back to the lobby.", [participant],
      reasons: ["participant_is_staff", "participant_is_self"], example: ["participant": "par_1"]),
    MethodDescription(
      .participantRemove, "Removes somebody, who cannot come back by the same link.",
      [participant], reasons: ["participant_is_staff", "participant_is_self"],
      example: ["participant": "par_1"]),
    MethodDescription(
      .participantMute,
      "Drops somebody's sound, or lifts that; their microphone is never switched on.",
      [participant, .required("muted", .flag, "What is to hold.")],
      gives: object(["participant": text, "muted": flag]),
      reasons: ["participant_not_in_call"], example: ["participant": "par_1", "muted": true]),
  ]
}
