import Foundation
import Primitives
import Testing

@testable import Wire

@Suite struct SDPRefusalTests {
  /// The error that a text gives, or nil where it is accepted.
  private func refusal(_ text: String) -> SDPError? {
    do {
      _ = try SessionDescription(parsing: text)
      return nil
    } catch {
      return error
    }
  }

  @Test func anErrorNamesItsLine() {
    typealias Case = (text: String, line: Int, reason: SDPError.Reason)
    let cases: [Case] = [
      ("", 1, .missing("v=")),
      ("v=1\n", 1, .missing("v=")),
      ("v=0\nv=0\n", 2, .repeated("v=")),
      ("v=0\ns=-\n", 2, .missing("o=")),
      ("v=0\no=- 1 99999999999999999999 IN IP4 x\n", 2, .malformed("o=")),
      ("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n", 2, .missing("o=")),
      ("v=0\nhello\n", 2, .notALine),
      ("v=0\n=\n", 2, .notALine),
      (SDPSamples.audio("a=mid:0\u{0}"), 6, .controlCharacter),
      (SDPSamples.audio("a=mid:0\r\r"), 6, .controlCharacter),
      (SDPSamples.audio("a=rtcp-mux"), 5, .missing("a=mid")),
      (SDPSamples.audio("a=mid:0", "a=mid:1"), 7, .repeated("a=mid")),
      (SDPSamples.audio("a=mid:12345678901234567"), 6, .malformed("a=mid")),
      (SDPSamples.audio("a=mid:å"), 6, .malformed("a=mid")),
      (SDPSamples.audio("a=ice-ufrag:abc"), 6, .malformed("a=ice-ufrag")),
      (SDPSamples.audio("a=ice-pwd:short"), 6, .malformed("a=ice-pwd")),
      (SDPSamples.audio("a=setup:maybe"), 6, .malformed("a=setup")),
      (SDPSamples.audio("a=fingerprint:sha-256 AA:BB"), 6, .malformed("a=fingerprint")),
      (SDPSamples.audio("a=rtpmap:128 opus/48000"), 6, .malformed("a=rtpmap")),
      (SDPSamples.audio("a=rtpmap:111 opus/99999999999"), 6, .malformed("a=rtpmap")),
      (SDPSamples.audio("a=extmap:256 urn:x"), 6, .malformed("a=extmap")),
      (SDPSamples.audio("a=extmap:0 urn:x"), 6, .malformed("a=extmap")),
      (SDPSamples.audio("a=extmap:3 urn:x", "a=extmap:3 urn:y"), 7, .repeated("a=extmap")),
      (SDPSamples.audio("a=ssrc:4294967296 cname:x"), 6, .malformed("a=ssrc")),
      (SDPSamples.audio("a=ssrc-group:FID 7 7"), 6, .repeated("a=ssrc-group")),
      (SDPSamples.audio("a=simulcast:send q;;h"), 6, .malformed("a=simulcast")),
      (SDPSamples.audio("a=sendonly", "a=recvonly"), 7, .repeated("a=recvonly")),
    ]
    for wrong in cases {
      #expect(refusal(wrong.text) == SDPError(line: wrong.line, reason: wrong.reason))
    }
  }

  @Test func mediaLinesAreChecked() {
    let head = "v=0\no=- 1 1 IN IP4 127.0.0.1\n"
    for line in ["m=audio", "m=audio 65536 X 1", "m=audio 9 X", "m=audio 9 X 128", "m=video 9 X a"]
    {
      #expect(refusal(head + line) == SDPError(line: 3, reason: .malformed("m=")), "\(line)")
    }
    #expect(refusal(head + "m=audio 9 X 1 1") == SDPError(line: 3, reason: .repeated("m=")))
  }

  @Test func aMIDOrSSRCOfAnotherSectionIsRefused() {
    let first = SDPSamples.audio("a=mid:0", "a=ssrc:7 cname:x", "a=ssrc:7 msid:a b")
    let second = "m=audio 9 X 1\n"
    #expect(
      refusal(first + second + "a=mid:0\n") == SDPError(line: 10, reason: .repeated("a=mid")))
    #expect(
      refusal(first + second + "a=mid:1\na=ssrc:7 cname:x\n")
        == SDPError(line: 11, reason: .repeated("a=ssrc")))
  }

  @Test func aGroupOfUnknownSectionsIsRefused() {
    let text = SDPSamples.audio("a=mid:0").replacing("t=0 0", with: "a=group:BUNDLE 0 9")
    #expect(refusal(text)?.reason == .malformed("a=group"))
  }

  @Test func limitsHold() {
    let sections = (0...Limits.mediaSections).map { "m=audio 9 X 1\na=mid:\($0)\n" }.joined()
    #expect(refusal("v=0\no=- 1 1 IN IP4 x\n" + sections)?.reason == .tooMany("m="))
    let sources = (0...Limits.announcedSources).map { "a=ssrc:\($0) cname:x" }
    #expect(
      refusal(SDPSamples.audio(sources.joined(separator: "\n")))?.reason == .tooMany("a=ssrc"))
    let long = String(repeating: "a", count: Limits.sessionDescriptionBytes)
    #expect(refusal(SDPSamples.audio(long)) == SDPError(line: 1, reason: .tooLong))
  }

  @Test(arguments: SDPSamples.offers)
  func aDescriptionCutAtAnyByteIsReadOrRefused(_ name: String) throws {
    let bytes = Array(try SDPSamples.text(name).utf8)
    let step = bytes.count > 8_000 ? 7 : 1
    for length in stride(from: 0, to: bytes.count, by: step) {
      guard let cut = read(Array(bytes[..<length])) else { continue }
      #expect(cut.media.count <= 15)
    }
  }

  @Test(arguments: SDPSamples.offers)
  func flippedBytesAndShuffledLinesNeverTrap(_ name: String) throws {
    let original = Array(try SDPSamples.text(name).utf8)
    for seed in UInt64(1)...300 {
      var random = RandomSource(seed: seed)
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(40), at: place / 2)
        }
      }
      guard let description = read(bytes) else { continue }
      let text = description.text
      #expect(read(Array(text.utf8))?.text == text, "seed \(seed)")
    }
  }

  /// Work grows with the length and not with its square, whatever the lines are: four times the
  /// text takes about four times as long, and never sixteen times.
  @Test func hostileDescriptionsTakeTimeInProportionToTheirLength() {
    let size = Limits.sessionDescriptionBytes - 400
    let lines = [
      "a=rtcp-fb:* nack\n", "a=rtcp-fb:111 nack\n", "a=x\n", "a", "a=ssrc:1 cname:x\n",
      "a=fmtp:110 a=b\n", "a=ssrc-group:SIM 1 2\n",
      "a=candidate:1 1 tcp 1 10.0.0.1 1 typ host\n", "m=audio 9 X 1 2 3 4\n", " ", "9",
      "a=simulcast:\n", "a=extmap:9 \n",
    ]
    for line in lines {
      let quarter = leastTime(of: line, size: size / 4)
      let whole = leastTime(of: line, size: size)
      // A refusal at the first line takes next to no time at any length.
      let grows = whole > .milliseconds(2) && whole.nanoseconds > 10 * quarter.nanoseconds
      #expect(!grows, "\(line): \(quarter) for a quarter, \(whole) for the whole")
    }
  }

  /// Processor time of this thread, the least of five, for reading a text filled with `line`.
  private func leastTime(of line: String, size: Int) -> Primitives.Duration {
    let text =
      SDPSamples.audio("a=mid:0") + String(repeating: line, count: size / line.utf8.count)
    var least = Primitives.Duration.seconds(60)
    for _ in 0..<5 {
      let started = threadTime()
      _ = refusal(text)
      least = min(least, threadTime() - started)
    }
    return least
  }

  private func read(_ bytes: [UInt8]) -> SessionDescription? {
    try? SessionDescription(parsing: bytes.span.bytes)
  }

  private func threadTime() -> Primitives.Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
