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
      [(false, 6), (true, 6), (false, 5), (true, 5)].map { isFinal, limit in
        assembler.append(piece, isFinal: isFinal, limit: limit)
      }
    }
    #expect(
      outcomes == [.incomplete, .complete([1, 2, 3, 1, 2, 3]), .incomplete, .tooLong])
    #expect(assembler.heldBytes == 0)
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
