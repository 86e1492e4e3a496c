import Foundation
import Primitives
import Signaling
import Testing
import Wire

@Suite struct NegotiationAgainTests {
  @Test func theSameOfferAgainKeepsEverythingButTheVersion() throws {
    let call = try NegotiationSample.chromiumCall()
    var negotiator = NegotiationSample.negotiator()
    let first = try call.answer(from: &negotiator)
    let second = try call.answer(from: &negotiator)
    #expect(second.media == first.media && second.transport == first.transport)
    #expect(!second.isRestart)
    let versions = try [first, second].map { try SessionDescription(parsing: $0.sdp) }
    #expect(versions.map(\.version) == [1, 2])
    #expect(versions[0].sessionID == versions[1].sessionID)
  }

  @Test func newCredentialsAreARestart() throws {
    let call = try NegotiationSample.chromiumCall()
    var negotiator = NegotiationSample.negotiator()
    let first = try call.answer(from: &negotiator)
    var random = RandomSource(seed: 99)
    let restart = call.replacing("a=ice-ufrag:oxHs", with: "a=ice-ufrag:next")
    let second = try negotiator.answer(
      offer: restart.offer, tracks: call.tracks, seats: call.seats, random: &random)
    #expect(second.isRestart)
    #expect(second.transport.local != first.transport.local)
    #expect(second.transport.remote.usernameFragment == "next")
    #expect(second.media == first.media)
    let third = try negotiator.answer(
      offer: restart.offer, tracks: call.tracks, seats: call.seats, random: &random)
    #expect(!third.isRestart && third.transport == second.transport)
  }

  @Test func aSeatThatIsAddedGetsTheNextIndexAndFreshSources() throws {
    var call = try NegotiationSample.chromiumCall()
    let last = call.seats.removeLast()
    var negotiator = NegotiationSample.negotiator()
    let first = try call.answer(from: &negotiator)
    #expect(first.seats.count == 7)
    call.seats.insert(last, at: 0)
    let second = try call.answer(from: &negotiator)
    #expect(second.seats.count == 8)
    #expect(Array(second.seats.prefix(7)) == first.seats)
    #expect(second.seats[7].audio?.mid == last.audioMID)
  }

  @Test func aSeatThatBecomesInactiveKeepsItsIndexAndComesBackTheSame() throws {
    let call = try NegotiationSample.chromiumCall()
    var negotiator = NegotiationSample.negotiator()
    let first = try call.answer(from: &negotiator)
    var fewer = call
    fewer.seats.removeFirst()
    let second = try fewer.answer(from: &negotiator)
    #expect(second.seats[0].audio == nil && second.seats[0].video == nil)
    #expect(Array(second.seats.dropFirst()) == Array(first.seats.dropFirst()))
    #expect(try call.answer(from: &negotiator).media == first.media)
  }

  @Test func whatWasAgreedCannotBeChanged() throws {
    let call = try NegotiationSample.chromiumCall()
    var negotiator = NegotiationSample.negotiator()
    let first = try call.answer(from: &negotiator)
    let sections = call.offer.components(separatedBy: "m=audio")
    var shorter = call
    shorter.offer = sections.dropLast().joined(separator: "m=audio")
      .replacing("12 13 14\r\n", with: "12 13\r\n")
    shorter.seats.removeLast()
    #expect(shorter.refusal(from: &negotiator) == .sectionChanged)

    var swapped = call
    swapped.seats[0].videoMID = "5"
    swapped.seats[1].videoMID = "3"
    #expect(swapped.refusal(from: &negotiator) == .sectionChanged)
    var screen = call
    screen.tracks[1].source = .screen
    #expect(screen.refusal(from: &negotiator) == .sectionChanged)

    let level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    #expect(
      call.replacing("a=extmap:1 \(level)", with: "a=extmap:12 \(level)")
        .refusal(from: &negotiator) == .extensionsChanged)
    let renumbered = call.replacing(" 111", with: " 112").replacing(":111", with: ":112")
      .replacing("111/111", with: "112/112")
    #expect(renumbered.refusal(from: &negotiator) == .payloadTypesChanged)
    #expect(
      call.replacing("2B:99", with: "2B:9A").refusal(from: &negotiator) == .fingerprintMismatch)
    #expect(try call.answer(from: &negotiator).media == first.media, "refusals change nothing")
  }
}
