import Primitives
import Testing

@testable import Delivery

@Suite struct TextTemplateTests {
  private func body(_ template: String, to: String = "+46701234567", _ text: String) throws
    -> String
  {
    let message = TextMessage(key: "msg_1", recipient: Redacted(to), text: Redacted(text))
    return String(decoding: try #require(TextTemplate(template)).body(for: message), as: UTF8.self)
  }

  @Test func aJSONTemplateIsFilledAtAnyDepth() throws {
    let filled = try body(
      #"{"messages": [{"to": "{to}", "body": "Hej! {text}"}], "ref": "{key}", "flash": false}"#,
      "på återseende")
    #expect(
      filled
        == #"{"messages":[{"to":"+46701234567","body":"Hej! på återseende"}],"ref":"msg_1","flash":false}"#
    )
  }

  @Test func aTextCannotAddAFieldToJSON() throws {
    let filled = try body(#"{"to":"{to}","text":"{text}"}"#, #"x","to":"+4670"#)
    #expect(filled == #"{"to":"+46701234567","text":"x\",\"to\":\"+4670"}"#)
  }

  @Test func aFormIsEscaped() throws {
    let filled = try body("From=Samtal&To={to}&Body={text}", "a&To=+1 = å\n")
    #expect(filled == "From=Samtal&To=%2B46701234567&Body=a%26To%3D%2B1%20%3D%20%C3%A5%0A")
  }

  @Test func whatWasPutInIsNotFilledAgain() throws {
    #expect(try body("t={to}&b={text}{x", to: "{text}", "{to}") == "t=%7Btext%7D&b=%7Bto%7D%7Bx")
  }

  @Test(arguments: [
    "", "{to}", "to={to}", "a&to={to}&text={text}", #"{"to":"{to}","text":"{text}"#,
    #"{"to":"{to}"}"#,
  ])
  func aTemplateWithoutItsPlacesIsNone(template: String) {
    #expect(TextTemplate(template) == nil)
  }
}
