import Primitives
import Testing
import Visits
import Wire

@testable import Signaling

@Suite struct MessageTests {
  private func failure(_ text: String) -> JSONRPCMessage.Failure? {
    do throws(JSONRPCMessage.Failure) {
      _ = try JSONRPCMessage(parsing: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  private func refusal(_ method: SignalingMethod, _ params: JSON) -> SignalingError? {
    do throws(SignalingError) {
      _ = try Request(method, params: params)
      return nil
    } catch {
      return error
    }
  }

  @Test func aRequestIsReadWithItsID() throws {
    let text = #"{"jsonrpc":"2.0","id":7,"method":"call.join","params":{}}"#
    let message = try JSONRPCMessage(parsing: Array(text.utf8))
    #expect(message.id == .integer(7))
    #expect(message.method == "call.join")
    let named = #"{"jsonrpc":"2.0","id":"a-1","method":"call.join"}"#
    #expect(try JSONRPCMessage(parsing: Array(named.utf8)).id == .string("a-1"))
    let notification = #"{"jsonrpc":"2.0","method":"seats.acknowledge","params":{}}"#
    #expect(try JSONRPCMessage(parsing: Array(notification.utf8)).id == nil)
  }

  @Test(arguments: [
    ("", "malformed_json", true), ("{", "malformed_json", true),
    (#"{"a":1,"a":2}"#, "malformed_json", true), ("\u{0}", "malformed_json", true),
    ("[]", "batch_not_supported", false), ("7", "not_an_object", false),
    (#"{"id":1,"method":"x"}"#, "version_unsupported", false),
    (#"{"jsonrpc":"1.0","id":1,"method":"x"}"#, "version_unsupported", false),
    (#"{"jsonrpc":"2.0","id":1}"#, "method_missing", false),
    (#"{"jsonrpc":"2.0","id":1,"method":7}"#, "method_missing", false),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#, "bad_id", false),
    (#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, "bad_id", false),
    (#"{"jsonrpc":"2.0","id":{},"method":"x"}"#, "bad_id", false),
    (#"{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}"#, "params_not_an_object", false),
  ])
  func whatIsNoRequestIsRefusedWithItsReason(text: String, reason: String, isFatal: Bool) {
    #expect(failure(text)?.error.reason == reason)
    #expect(failure(text)?.isFatal == isFatal)
  }

  @Test func deepNestingIsRefused() {
    let depth = Limits.messageDepth + 2
    let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let text = #"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":\#(nested)}}"#
    #expect(failure(text)?.isFatal == true)
  }

  @Test func everyTruncationIsRefused() {
    let text = #"{"jsonrpc":"2.0","id":"a","method":"call.start","params":{"visit":"vis_1"}}"#
    for length in 0..<text.utf8.count {
      #expect(failure(String(text.prefix(length)))?.isFatal == true)
    }
  }

  @Test(
    arguments: [
      (SignalingMethod.lobbyAdmit, [:], "participant", "missing"),
      (.lobbyAdmit, ["participant": 7], "participant", "wrong_type"),
      (.lobbyAdmit, ["participant": "vis_1"], "participant", "bad_identifier"),
      (.participantMute, ["participant": "par_1"], "muted", "missing"),
      (.participantMute, ["participant": "par_1", "muted": "yes"], "muted", "wrong_type"),
      (.sessionOpen, [:], "token", "missing"),
      (.sessionOpen, ["token": "a", "invite": "b"], "token", "too_many"),
      (.sessionOpen, ["invite": "b", "name": "a\nb"], "name", "bad_characters"),
      (.sessionOpen, ["invite": "b", "name": "a\u{202E}b"], "name", "bad_characters"),
      (.sessionOpen, ["invite": "b", "name": "  "], "name", "bad_characters"),
      (.sessionOpen, ["resume": ["session": "ses_1", "secret": "x"]], "resume.seq", "missing"),
      (
        .sessionOpen, ["resume": ["session": "ses_1", "secret": "x", "seq": -1]], "resume.seq",
        "wrong_type"
      ),
      (
        .sessionOpen, ["token": "a", "client": ["device": "fridge"]], "client.device",
        "unknown_value"
      ),
      (.pinSet, ["pins": [["participant": "par_1"]]], "pins[0].source", "missing"),
      (
        .pinSet, ["pins": [["participant": "par_1", "source": "microphone"]]],
        "pins[0].source", "unknown_value"
      ),
      (.mediaNegotiate, ["offer": "v=0"], "tracks", "missing"),
      (
        .mediaNegotiate, ["offer": "v=0", "tracks": [["mid": "0", "source": "eye"]]],
        "tracks[0].source", "unknown_value"
      ),
      (
        .mediaNegotiate,
        ["offer": "v=0", "tracks": [["mid": "01234567890123456", "source": "camera"]]],
        "tracks[0].mid", "too_long"
      ),
      (.mediaNegotiate, ["offer": "v=0", "tracks": [7]], "tracks[0]", "wrong_type"),
      (.visitList, ["states": ["gone"]], "states[0]", "unknown_value"),
      (.visitList, ["limit": 0], "limit", "out_of_range"),
      (.visitCreate, [:], "type", "missing"),
      (.visitCreate, ["type": "x", "staff": ["vis_1"]], "staff[0]", "bad_identifier"),
      (.visitCreate, ["type": "x", "patient": [:], "patients": []], "patients", "too_many"),
      (
        .visitCreate, ["type": "x", "proxies": [["name": 7]]], "proxies[0].name", "wrong_type"
      ),
      (.inviteCreate, ["recipients": []], "recipients", "empty"),
      (
        .inviteCreate, ["recipients": [["kind": "king"]]], "recipients[0].kind", "unknown_value"
      ),
      (.inviteLink, ["action": "burn"], "action", "unknown_value"),
      (.chatSend, ["text": "  \n"], "text", "bad_characters"),
      (.chatSend, ["text": "a\u{202E}b"], "text", "bad_characters"),
      (.feedbackSubmit, ["scale": "five_grades", "grade": 6], "grade", "out_of_range"),
      (.mediaReport, ["loss_receiving_permille": 1_001], "loss_receiving_permille", "out_of_range"),
      (
        .viewSet, ["seats": [["seat": 1, "max_width": -1, "max_height": 1]]], "seats[0].max_width",
        "out_of_range"
      ),
      (.seatsAcknowledge, ["seats": [["seat": 1]]], "seats[0].epoch", "missing"),
      (.seatsAcknowledge, ["seats": [["seat": -1, "epoch": 1]]], "seats[0].seat", "wrong_type"),
    ] as [(SignalingMethod, JSON, String, String)])
  func aBadArgumentIsNamed(method: SignalingMethod, params: JSON, field: String, reason: String) {
    let refusal = refusal(method, params)
    #expect(refusal?.code == .invalidParams)
    #expect(refusal?.field == field)
    #expect(refusal?.reason == reason)
  }

  @Test func namesOfTheWholeWorldAreTaken() throws {
    for name in ["Åsa Öberg", "محمد", "李小龍", "Renée O’Brien-Núñez", "ซัมทาล", "👩‍⚕️ Ida"] {
      let request = try Request(.sessionOpen, params: ["invite": "x", "name": .string(name)])
      guard case .openSession(let opening) = request,
        case .invite(_, let given) = opening.credential
      else {
        Issue.record("not an opening")
        continue
      }
      #expect(given?.value == name)
    }
  }

  @Test func listsHaveAnEnd() {
    let pin: JSON = ["participant": "par_1", "source": "camera"]
    let pins = JSON.array(Array(repeating: pin, count: Limits.mediaSections + 1))
    #expect(refusal(.pinSet, ["pins": pins])?.reason == "too_many")
  }

  @Test func everyMethodReadsWhatNewerClientsAdd() throws {
    let request = try Request(.callJoin, params: ["colour": "blue"])
    #expect(request == .call(.join(nil, name: nil)))
  }

  @Test func nullIsAsGoodAsNothing() throws {
    let request = try Request(.visitList, params: ["from": .null, "limit": .null])
    #expect(request == .visit(.list(VisitQuery())))
  }

  @Test func aHeadingIsTakenAwayByNullOrAnEmptyText() throws {
    for cleared in [JSON.null, ""] {
      var parameters = VisitParameters()
      parameters.heading = Redacted("")
      let request = try Request(.visitUpdate, params: ["heading": cleared])
      #expect(request == .visit(.update(nil, parameters)))
    }
  }

  @Test func hugeSeatNumbersAreOnlyUnknownSeats() throws {
    let request = try Request(
      .seatsAcknowledge, params: ["seats": [["seat": 9_223_372_036_854_775_807, "epoch": 1]]])
    #expect(request == .media(.acknowledgeSeats([SeatAcknowledgement(seat: .max, epoch: 1)])))
  }

  @Test func answersCarryCodeReasonAndField() {
    let text = JSONRPCText.error(
      .string("x"), .badArgument("visit", "missing", "visit is missing"))
    #expect(
      text
        == #"{"jsonrpc":"2.0","id":"x","error":{"code":-32602,"message":"visit is missing","#
        + #""data":{"reason":"missing","field":"visit"}}}"#)
    #expect(JSONRPCText.error(nil, SignalingError(.parseError, "x")).contains(#""id":null"#))
  }
}
