import Primitives
import Signaling
import Wire

/// What we write of a description parses, and is written the same again (attributes that we do not
/// know are left out); so is the answer to it, the second time too.
func fuzzSDP(_ input: UnsafeRawBufferPointer) {
  guard let offer = try? SessionDescription(parsing: input.bytes) else { return }
  let text = offer.text
  precondition((try? SessionDescription(parsing: text))?.text == text)

  var random = RandomSource(seed: UInt64(input.count))
  var negotiator = MediaNegotiator(
    fingerprint: Fingerprint(digest: Array(repeating: 0, count: 32)),
    candidates: [NetworkAddress(ipv4: 0x7F00_0001, port: 40_000)], cname: "viewer")
  var tracks: [MediaNegotiator.TrackRequest] = []
  var seats: [MediaNegotiator.SeatRequest] = []
  for section in offer.media {
    guard let mid = section.mid, let kind = section.kind else { continue }
    let isAudio = kind == .audio
    if section.direction.sends {
      tracks.append(.init(mid: mid, source: isAudio ? .microphone : .camera))
    } else {
      seats.append(
        .init(kind: .person, audioMID: isAudio ? mid : nil, videoMID: isAudio ? nil : mid))
    }
  }
  for _ in 0..<2 {
    guard
      let answer = try? negotiator.answer(
        offer: text, tracks: tracks, seats: seats, random: &random)
    else { return }
    precondition((try? SessionDescription(parsing: answer.sdp))?.text == answer.sdp)
  }
}

/// What is no message or no request is refused with a reason, in an answer that is JSON. What is a
/// message is written so that it is read the same.
func fuzzJSONRPC(_ input: [UInt8]) {
  let message: JSONRPCMessage
  do throws(JSONRPCMessage.Failure) {
    message = try JSONRPCMessage(parsing: input)
  } catch {
    checkRefusal(error.error, of: error.id)
    return
  }
  var members: [JSON.Member] = [
    .init("jsonrpc", "2.0"), .init("method", .string(message.method)),
    .init("params", message.params),
  ]
  if let id = message.id { members.append(.init("id", id.json)) }
  let again = try? JSONRPCMessage(parsing: Array(JSON.object(members).description.utf8))
  precondition(again == message)

  for method in SignalingMethod.allCases {
    do throws(SignalingError) {
      _ = try Request(method, params: message.params)
    } catch {
      checkRefusal(error, of: message.id)
    }
  }
}

private func checkRefusal(_ error: SignalingError, of id: RequestID?) {
  let isWord = error.reason.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) }
  precondition(isWord && !error.reason.isEmpty && !error.message.isEmpty)
  let answer = try? JSON(parsing: JSONRPCText.error(id, error))
  precondition(answer?["error"]?["data"]?["reason"]?.string == error.reason)
  precondition(answer?["id"] == id?.json ?? .null)
}
