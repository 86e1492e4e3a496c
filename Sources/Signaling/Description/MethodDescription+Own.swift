import Primitives
import Visits
import Wire

extension MethodDescription {
  private static let source = Parameter.required(
    "source", .word(of: MediaSource.self), "What is in it.")

  /// How a session is opened.
  static let session = [
    MethodDescription(
      .sessionOpen,
      "Opens a session, or continues one: with exactly one of token, invite and resume.",
      [
        .optional("token", .text(maximumBytes: 4_096), "A token of the clinic's back end."),
        .optional("invite", .text(maximumBytes: 256), "The secret in a link's fragment."),
        .optional(
          "name", .text(maximumBytes: Limits.nameBytes), "A guest's own name, given at the door."),
        .optional(
          "resume",
          .object([
            .required("session", .identifier(SessionID.self), "The session."),
            .required("secret", .text(maximumBytes: 256), "Its `resume_secret`."),
            .required("seq", .number, "The last notification that arrived."),
          ]), "An earlier session."),
        .optional(
          "client",
          .object([
            .optional("name", .text(maximumBytes: 64), "Of the program."),
            .optional("version", .text(maximumBytes: 64), "Of the program."),
            .optional("device", .word(of: Device.self), "What it runs on."),
            .optional("language", .text(maximumBytes: 35), "Of its pages, as `sv`."),
          ]), "What the client says about itself."),
      ], gives: form("Session"),
      reasons: ["token_refused", "token_expired", "invite_refused", "session_unknown"],
      example: ["token": "eyJhbGciOi…", "client": ["device": "computer", "language": "sv"]])
  ]

  /// Methods about oneself.
  static let own = [
    MethodDescription(
      .selfUpdate, "Says what is on; a guest by a link can give a name before being let in.",
      [
        .optional("microphone", .flag, "On or off; on clears staff's mute as well."),
        .optional("camera", .flag, "On or off."),
        .optional("hand_raised", .flag, "Up or down."),
        .optional("name", .text(maximumBytes: Limits.nameBytes), "One's own name."),
      ], reasons: ["not_joined", "name_fixed"],
      example: ["microphone": true, "camera": false, "hand_raised": true]),
    MethodDescription(
      .shareStart, "Shares a screen.", [.optional("audio", .flag, "With its sound.")],
      reasons: ["share_not_enabled", "computer_required", "not_in_call"],
      example: ["audio": true]),
    MethodDescription(.shareStop, "Stops sharing.", reasons: ["not_in_call"]),
    MethodDescription(
      .pinSet, "What this viewer wants to see before all else.",
      [
        .required(
          "pins",
          .list(
            .object([
              .required("participant", .identifier(ParticipantID.self), "Whom."),
              .required("source", .word(["camera", "screen"]), "Which picture of theirs."),
            ]), maximum: Limits.mediaSections), "All pins that are to hold.")
      ], reasons: ["not_in_call"],
      example: ["pins": [["participant": "par_1", "source": "camera"]]]),
    MethodDescription(
      .viewSet, "How large each seat is shown, and what matters most.",
      [
        .required(
          "seats",
          .list(
            .object([
              .required("seat", .count(0...Limits.mediaSections), "Its number."),
              .required("max_width", .count(0...16_384), "Pixels; 0: not shown."),
              .required("max_height", .count(0...16_384), "Pixels."),
              .optional("priority", .count(0...100), "More is served first."),
            ]), maximum: Limits.mediaSections), "The seats.")
      ], reasons: ["not_in_call"],
      example: ["seats": [["seat": 0, "max_width": 1_280, "max_height": 720, "priority": 10]]]),
    MethodDescription(
      .chatSend, "Writes to everybody who is in the call now.",
      [.required("text", .text(maximumBytes: Limits.chatBytes), "Plain text.")],
      gives: object(["id": text, "recipients": list(text)]), reasons: ["not_in_call"],
      example: ["text": "Hör ni mig?"]),
    MethodDescription(
      .feedbackSubmit, "Rates the technical quality, within 15 minutes after a call.",
      [
        .required("scale", .word(of: RatingScale.self), "The clinic's scale."),
        .optional("had_problems", .flag, "With `yes_no`, where it is required."),
        .optional("grade", .count(1...5), "With `five_grades`, where it is required."),
        .optional(
          "details", .list(.word(of: Feedback.Detail.self), maximum: 32), "What was wrong."),
      ], reasons: ["not_permitted"], example: ["scale": "yes_no", "had_problems": false]),
  ]

  private static let offer: [Parameter] = [
    .required("offer", .text(maximumBytes: Limits.sessionDescriptionBytes), "SDP, as made."),
    .required(
      "tracks",
      .list(
        .object([
          .required("mid", .text(maximumBytes: 16), "The section that sends."), source,
        ]), maximum: Limits.mediaSections), "What is sent where."),
    .required(
      "seats",
      .list(
        .object([
          .required("kind", .word(of: SeatKind.self), "What fits on it."),
          .optional("audio_mid", .text(maximumBytes: 16), "Its section for sound."),
          .optional("video_mid", .text(maximumBytes: 16), "Its section for pictures."),
        ]), maximum: Limits.mediaSections), "The receive positions; numbered in this order."),
  ]
  private static let answer = object(["answer": text, "seats": list(["type": "object"])])
  private static let soundExample: JSON = [
    "offer": "v=0\r\n…", "tracks": [["mid": "0", "source": "microphone"]], "seats": [],
  ]

  /// Methods about media.
  static let media = [
    MethodDescription(
      .mediaNegotiate, "Offers what is sent and where is received; the daemon answers.", offer,
      gives: answer, reasons: ["malformed_offer", "not_joined", "overloaded"],
      example: [
        "offer": "v=0\r\n…",
        "tracks": [
          ["mid": "0", "source": "microphone"], ["mid": "1", "source": "camera"],
        ],
        "seats": [["kind": "person", "audio_mid": "2", "video_mid": "3"]],
      ]),
    MethodDescription(
      .mediaRestart, "The same, with fresh ICE credentials.", offer, gives: answer,
      reasons: ["malformed_offer", "not_joined"], example: soundExample),
    MethodDescription(
      .mediaReport, "What the client has measured since its last report.",
      [
        .optional("round_trip_ms", milliseconds, "To the relay and back."),
        .optional("loss_receiving_permille", .count(0...1_000), "Lost on the way here."),
        .optional("loss_sending_permille", .count(0...1_000), "Lost on the way there."),
        .optional("frozen_ms", milliseconds, "A picture stood still."),
        .optional("concealed_ms", milliseconds, "Sound was made up."),
      ], example: ["round_trip_ms": 40, "loss_receiving_permille": 3]),
    MethodDescription(
      .seatsAcknowledge, "The seats are blank: nothing of who sat there before is shown.",
      [
        .required(
          "seats",
          .list(
            .object([
              .required("seat", .number, "Its number."),
              .required("epoch", .number, "Of the `seats.changed` that is acknowledged."),
            ]), maximum: Limits.mediaSections), "The seats.")
      ], example: ["seats": [["seat": 0, "epoch": 1]]]),
    MethodDescription(
      .probeStart, "Tests the connection to the relay; the outcome comes as `probe.changed`.",
      offer, gives: answer, reasons: ["already_joined", "overloaded"], example: soundExample),
  ]

  private static let milliseconds = ParameterShape.count(0...Int(Limits.reportedSpan.milliseconds))
}
