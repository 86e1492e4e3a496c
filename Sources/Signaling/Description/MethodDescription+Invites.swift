import Primitives
import Visits

extension MethodDescription {
  private static let visit = Parameter.optional(
    "visit", .identifier(VisitID.self),
    "The visit; needed in a session for the whole clinic that is in no call.")
  private static let invite = Parameter.required(
    "invite", .identifier(InviteID.self), "The link, by its identifier.")

  /// For whom a link is made.
  static let recipient: [Parameter] = [
    .optional("given_name", .text(maximumBytes: Limits.nameBytes / 2 - 1), "First name."),
    .optional("family_name", .text(maximumBytes: Limits.nameBytes / 2), "Last name."),
    .optional("phone", .text(maximumBytes: Limits.nameBytes), "Mobile number, as people type it."),
    .optional("email", .text(maximumBytes: Limits.nameBytes), "E-mail address."),
    .optional("kind", .word(of: GuestKind.self), "What the guest is there for."),
    .optional("language", .text(maximumBytes: 35), "Of the message, as `sv`."),
    .optional("not_before", .time, "The link works from then on, and at once without."),
    .optional("expires", .time, "Until then; without, as the clinic's settings say."),
  ]

  /// Methods about the clinic's staff.
  static let directory = [
    MethodDescription(
      .directorySearch, "Finds staff by the beginnings of names, in any order.",
      [
        .required("query", .text(maximumBytes: Limits.nameBytes), "What was typed."),
        .optional("limit", .count(1...Limits.peoplePerPage), "People at most."),
      ], gives: object(["people": list(form("Colleague"))]), example: ["query": "ek a"]),
    MethodDescription(
      .directoryTree, "What stands below a node: units, then roles, then people.",
      [
        .optional(
          "node", .text(maximumBytes: 2 * Limits.nameBytes), "A node's `id`; or the topmost units.")
      ], gives: object(["nodes": list(form("Node"))])),
  ]

  /// Methods about links.
  static let invites = [
    MethodDescription(
      .inviteCreate,
      "Makes links and sends them. Each recipient is accepted or refused on their own.",
      [
        visit,
        .required(
          "recipients", .list(.object(recipient), maximum: Limits.recipientsPerRequest),
          "For whom; each with a phone number or an e-mail address."),
        .optional("agreed_with_patient", .flag, "The patient has agreed to it."),
      ], gives: object(["invites": list(form("InviteOutcome"))]),
      reasons: [
        "not_permitted", "bad_phone_number", "bad_email", "address_required", "name_required",
        "too_many",
      ],
      example: [
        "visit": "vis_demo",
        "recipients": [
          [
            "given_name": "Alex", "family_name": "Lind", "phone": "+46 70 174 06 36",
            "kind": "interpreter",
          ]
        ], "agreed_with_patient": true,
      ]),
    MethodDescription(
      .inviteList, "Lists the links that were sent, with how far each has come.", [visit],
      gives: object(["invites": list(form("Invite"))]), example: ["visit": "vis_demo"]),
    MethodDescription(
      .inviteResend, "Sends a link again.", [invite], gives: object([:]),
      reasons: ["invite_not_found", "invite_revoked"], example: ["invite": "inv_demo-general"]),
    MethodDescription(
      .inviteRevoke, "Takes a link back; who is here by it is removed.", [invite],
      reasons: ["invite_not_found"], example: ["invite": "inv_demo-guest"]),
    MethodDescription(
      .inviteLink, "The general link, to copy: shows it, replaces it, or switches it off.",
      [visit, .required("action", .word(of: InviteAction.LinkAction.self), "What to do.")],
      gives: object(["text": text], optional: ["link": ["type": ["string", "null"]]]),
      reasons: ["not_permitted"], example: ["visit": "vis_demo", "action": "get"]),
  ]
}
