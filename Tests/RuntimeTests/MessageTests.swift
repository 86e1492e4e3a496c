import Primitives
import Testing

@testable import Runtime

extension LineSplitter {
  fileprivate mutating func append(_ text: String, limit: Int) -> [String]? {
    Array(text.utf8).withUnsafeBytes { append($0, limit: limit) }?
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

@Suite struct MessageTests {
  @Test func linesAreTheSameHoweverTheBytesArrive() {
    let text = "one\r\n\ntwo\nthree\r\n"
    for size in 1...text.utf8.count {
      var splitter = LineSplitter()
      var lines: [String] = []
      var rest = text[...]
      while !rest.isEmpty {
        lines += splitter.append(String(rest.prefix(size)), limit: 10) ?? ["refused"]
        rest = rest.dropFirst(size)
      }
      #expect(lines == ["one", "two", "three"])
      #expect(splitter.heldBytes == 0)
    }
  }

  @Test func aLineAtTheLimitPassesAndOneOverDoesNot() {
    var splitter = LineSplitter()
    var lines = splitter.append("12345\n", limit: 5)
    #expect(lines == ["12345"])
    lines = splitter.append("123456\n", limit: 5)
    #expect(lines == nil)
    var slow = LineSplitter()
    lines = slow.append("123", limit: 5)
    #expect(lines == [])
    lines = slow.append("456", limit: 5)
    #expect(lines == nil)
  }

  @Test func aMessageIsPutTogetherAndCapped() {
    var assembler = MessageAssembler()
    let piece: [UInt8] = [1, 2, 3]
    let outcomes = piece.withUnsafeBytes { piece in
      [(.frame, 6), (.message, 6), (.nothing, 5), (.message, 5)].map {
        (end: MessageAssembler.End, limit) in
        assembler.append(piece, ending: end, limit: limit)
      }
    }
    #expect(
      outcomes == [.incomplete, .complete([1, 2, 3, 1, 2, 3]), .incomplete, .tooLong])
    #expect(assembler.heldBytes == 0)
  }

  @Test func aMessageComesInSoManyFramesAndNoMore() {
    var assembler = MessageAssembler()
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    for _ in 1..<Limits.framesPerMessage {
      let outcome = assembler.append(nothing, ending: .frame, limit: 1)
      #expect(outcome == .incomplete)
    }
    let whole = assembler.append(nothing, ending: .message, limit: 1)
    #expect(whole == .complete([]))
    let outcomes = (1...Limits.framesPerMessage).map { _ in
      assembler.append(nothing, ending: .frame, limit: 1)
    }
    #expect(outcomes.last == .tooManyFrames)
  }

  @Test func whatComesBesideMessagesIsCountedFromOneLookToTheNext() {
    var count = OverheadCount()
    count.note(messageBytes: 100)
    let looks = [150, 150, 175].map { count.take(read: $0) }
    #expect(looks == [0, 0, 25])
    count.note(messageBytes: 50)
    let last = count.take(read: 235)
    #expect(last == 10)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8080", "127.0.0.1:8080", true), ("http://localhost", "localhost:80", true),
    ("http://[::1]:8080", "[::1]:8080", true), ("http://192.0.2.7:80", "192.0.2.7", false),
    ("http://192.0.2.7", "192.0.2.7", true), ("https://127.0.0.1", "127.0.0.1", false),
    ("http://rebound.example:8080", "rebound.example:8080", false),
    ("http://127.0.0.1.example", "127.0.0.1.example", false), ("http://", "", false),
  ])
  func withoutANamedPageOnlyAddressesAreOurs(origin: String, host: String, isOurs: Bool) {
    #expect(OriginPolicy().permits(origin: origin, host: host) == isOurs)
  }

  @Test func aNamedPageIsTheOnlyOneOfOurs() {
    let policy = OriginPolicy(page: "https://Clinic.example:443", origins: ["https://a.example"])
    for (origin, isOurs) in [
      ("https://clinic.example", true), ("https://a.example", true),
      ("https://127.0.0.1:8080", false), ("http://clinic.example", false),
    ] {
      #expect(policy.permits(origin: origin, host: "127.0.0.1:8080") == isOurs)
    }
    #expect(policy.permits(origin: nil, host: nil))
  }

  @Test func underTLSNoPageIsOursThatCameWithout() {
    let policy = OriginPolicy(origins: ["http://a.example"], isEncrypted: true)
    #expect(!policy.permits(origin: "http://a.example", host: "127.0.0.1"))
    #expect(!policy.permits(origin: "http://127.0.0.1", host: "127.0.0.1"))
    #expect(policy.permits(origin: "https://127.0.0.1", host: "127.0.0.1:443"))
  }

  @Test func aQueueCountsItsBytesAndRefusesOverTheCap() {
    var queue = OutboundQueue()
    let taken = ["åäö", "12345", "1234"].map { queue.append($0, limit: 10) }
    #expect(taken == [true, false, true])
    #expect(queue.bytes == 10)
    var first = queue.popFirst()
    #expect(first == "åäö")
    #expect(queue.bytes == 4)
    first = queue.popFirst()
    #expect(first == "1234")
    first = queue.popFirst()
    #expect(first == nil)
    #expect(queue.isEmpty)
  }
}
