import Primitives
import Visits

extension MethodDescription {
  private static let visit = Parameter.optional(
    "visit", .identifier(VisitID.self),
    "The visit; needed in a session for the whole clinic that is in no call.")
  private static let person = Parameter.required(
    "person", .identifier(PersonID.self), "A member of staff, as the directory names people.")
  private static let aVisit = object(["visit": form("Visit")])

  /// Methods about visits.
  static let visits = [
    MethodDescription(
      .visitList, "Lists the visits that the caller may know of, earliest first.",
      [
        .optional("from", .time, "Scheduled then or later."),
        .optional("to", .time, "Scheduled before then."),
        .optional("states", .list(.word(of: Visit.State.self), maximum: 32), "In these states."),
        .optional("unit", .identifier(UnitID.self), "In this unit."),
        .optional("relation", .word(of: Relation.self), "To which the caller is this."),
        .optional("cursor", .text(maximumBytes: 128), "The `next` of the page before."),
        .optional("limit", .count(1...Limits.visitsPerPage), "Visits on a page."),
      ], gives: object(["visits": list(form("Visit"))], optional: ["next": text]),
      example: ["states": ["booked", "ongoing"], "relation": "responsible", "limit": 20]),
    MethodDescription(
      .visitGet, "Describes one visit, as far as the caller may see it.", [visit], gives: aVisit,
      reasons: ["visit_not_found"], example: ["visit": "vis_demo"]),
    MethodDescription(
      .visitCreate,
      "Books a visit; the caller becomes responsible. What does not fit comes as warnings.",
      [.required("type", .text(maximumBytes: Limits.nameBytes), "One of the clinic's types.")]
        + details + people, gives: booked, reasons: ["not_permitted", "bad_argument"],
      example: [
        "type": "videobesök", "heading": "Hosta och feber", "scheduled": 1_900_000_000_000,
        "patient": [
          "person": "per_kim", "name": "Kim Berg", "phone": "070-174 06 35", "profile": "own",
          "age_band": "adult",
        ],
        "guests": [
          [
            "given_name": "Alex", "family_name": "Lind", "email": "alex@tolk.example",
            "kind": "interpreter",
          ]
        ],
      ]),
    MethodDescription(
      .visitUpdate, "Changes what is named; the same links go on working.",
      [visit, .optional("type", .text(maximumBytes: Limits.nameBytes), "Another type.")]
        + details + people, gives: booked,
      reasons: ["not_permitted", "visit_closed", "visit_cancelled"],
      example: ["visit": "vis_demo", "heading": "Hosta"]),
    MethodDescription(
      .visitStart, "Makes a booked visit an ongoing one, without a call.", [visit],
      reasons: ["not_permitted", "visit_closed"], example: ["visit": "vis_demo"]),
    MethodDescription(
      .visitCancel, "Cancels a visit; who had been told is told.", [visit],
      reasons: ["call_open", "visit_closed"], example: ["visit": "vis_demo"]),
    MethodDescription(
      .visitClose, "Closes a visit for good.", [visit],
      reasons: ["call_open", "visit_cancelled"], example: ["visit": "vis_demo"]),
    MethodDescription(
      .visitAddStaff, "Adds a colleague; it appears on their page.", [visit, person],
      reasons: ["person_not_found"], example: ["visit": "vis_demo", "person": "per_ek"]),
    MethodDescription(
      .visitRemoveStaff, "Takes a colleague off a visit.", [visit, person],
      reasons: ["person_not_found"], example: ["visit": "vis_demo", "person": "per_ek"]),
    MethodDescription(
      .visitTakeover, "Makes the caller responsible.", [visit],
      gives: object(["responsible": form("Person")]), reasons: ["not_permitted"],
      example: ["visit": "vis_demo"]),
  ]

  private static let booked = object(
    ["visit": form("Visit"), "warnings": list(form("Warning")), "invites": list(form("Invite"))])

  private static let details: [Parameter] = [
    .optional(
      "heading", .text(maximumBytes: Limits.headingBytes, mayBeEmpty: true),
      "Why, in a line; one of the clinic's. Empty: none any more."),
    .optional(
      "description", .text(maximumBytes: Limits.descriptionBytes, mayBeEmpty: true),
      "More about it. Empty: nothing any more."),
    .optional("scheduled", .time, "When it begins."),
    .optional("ends", .time, "Until when it is booked."),
    .optional("unit", .identifier(UnitID.self), "The part of the clinic."),
  ]

  private static let people: [Parameter] = [
    .optional("patient", .object(patient), "Whom the visit is for."),
    .optional(
      "patients", .list(.object(patient), maximum: Limits.proxiesPerVisit),
      "In place of `patient`: the profiles of one child."),
    .optional(
      "proxies", .list(.object(somebody), maximum: Limits.peopleBooked),
      "Who acts for the patient."),
    .optional(
      "staff", .list(.identifier(PersonID.self), maximum: Limits.peopleBooked),
      "Colleagues who take part."),
    .optional(
      "guests", .list(.object(recipient), maximum: Limits.recipientsPerRequest),
      "Others, each of whom gets a link."),
    .optional("agreed_with_patient", .flag, "The patient has agreed to others taking part."),
  ]

  private static let somebody: [Parameter] = [
    .optional("person", .identifier(PersonID.self), "The clinic's identifier; or one is drawn."),
    .optional("name", .text(maximumBytes: Limits.nameBytes), "First and last name."),
    .optional("phone", .text(maximumBytes: Limits.nameBytes), "Mobile number, as people type it."),
    .optional("email", .text(maximumBytes: Limits.nameBytes), "E-mail address."),
  ]

  private static let patient =
    somebody + [
      .optional(
        "profile", .word(of: Patient.Profile.self), "Whose profile it is; `own` where not given."),
      .optional(
        "age_band", .word(of: Patient.AgeBand.self), "`adult` where not given; never a birth date."),
    ]
}
