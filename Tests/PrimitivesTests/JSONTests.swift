import Primitives
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "0", "-1", "9223372036854775807", "1.5", "\"å\\n\\\"\\u0001\"",
    "{\"a\":[1,{\"b\":null}],\"c\":\"d\"}",
  ])
  func whatIsParsedIsWrittenBackTheSame(text: String) throws {
    #expect(try JSON(parsing: text).description == text)
  }

  @Test(arguments: [
    ("{\"a\":1,\"a\":2}", "a name comes twice"), ("[[[[]]]]", "nested too deeply"),
    ("\"\\ud800\"", "a lone surrogate"), ("\"\\udc00\"", "a lone surrogate"),
    ("1e999", "number out of range"), ("01", "something follows the value"),
    ("1.", "a digit is missing"), ("-", "a digit is missing"), ("tru", "unknown word"),
    ("\"a", "a string does not end"), ("[1,]", "a value is missing"),
    ("{\"a\" 1}", "a colon is missing"), ("{1:2}", "a member's name is missing"),
    ("\"\u{1}\"", "a control character stands in a string"), ("", "a value is missing"),
    ("[1", "an array does not end"), ("{\"a\":1", "an object does not end"),
    ("\"\\x\"", "unknown escape"), ("\"\\u12\"", "an escape is cut off"),
  ])
  func whatIsNoJSONIsRefusedWithTheReason(text: String, reason: String) {
    #expect { _ = try JSON(parsing: Array(text.utf8), maximumDepth: 2) } throws: { error in
      (error as? JSON.ParseError)?.reason == reason
    }
  }

  @Test func textThatIsNotUTF8IsRefused() {
    #expect {
      _ = try JSON(parsing: [0x22, 0xC3, 0x28, 0x22])
    } throws: { error in
      (error as? JSON.ParseError)?.description == "text is not UTF-8 at byte 4"
    }
  }

  @Test func surrogatePairsBecomeOneCharacter() throws {
    #expect(try JSON(parsing: "\"\\ud83d\\ude00\"") == .string("😀"))
  }

  @Test func everyCutAndEveryFlippedByteIsAnswered() {
    let text = Array(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.open\",\"params\":{\"x\":[1.5e3,true]}}"
        .utf8)
    for end in text.indices {
      #expect(throws: JSON.ParseError.self) { _ = try JSON(parsing: Array(text[..<end])) }
    }
    var parsed = 0
    for index in text.indices {
      for bit in 0..<8 {
        var changed = text
        changed[index] ^= 1 << UInt8(bit)
        if let value = try? JSON(parsing: changed) {
          #expect((try? JSON(parsing: value.description)) == value)
          parsed += 1
        }
      }
    }
    #expect(parsed > 0)
  }
}
