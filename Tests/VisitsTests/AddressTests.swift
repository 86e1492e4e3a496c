import Primitives
import Testing

@testable import Visits

@Suite struct AddressTests {
  @Test(arguments: [
    ("070-123 45 67", "+46701234567"), ("0701234567", "+46701234567"),
    ("+46 70 123 45 67", "+46701234567"), ("+46 (0)70-123 45 67", "+46701234567"),
    ("0046701234567", "+46701234567"), ("(070) 123.45/67", "+46701234567"),
    ("+47 912 34 567", "+4791234567"), ("\u{A0}070\u{2011}1234567 ", "+46701234567"),
    ("08-123 456 78", "+46812345678"),
  ])
  func aNumberIsUnderstoodAsPeopleTypeIt(typed: String, number: String) throws {
    #expect(try PhoneNumber(typed: typed).text == number)
  }

  @Test func aLeadingZeroStandsForTheClinicsCountry() throws {
    #expect(try PhoneNumber(typed: "0912 34 567", country: "+47").text == "+4791234567")
  }

  @Test(arguments: [
    "", "0", "+", "70 123 45 67", "070-12", "+46 70 123 45 67 89 01 23 45", "07O1234567",
    "070-123 45 67 ring", "+0701234567", "0700+1234567", "++46701234567", "٠٧٠١٢٣٤٥٦٧",
    "00", String(repeating: " ", count: 41),
  ])
  func whatIsNoNumberIsRefused(typed: String) {
    #expect(throws: Refusal(.badPhoneNumber, field: "phone")) { try PhoneNumber(typed: typed) }
  }

  @Test(arguments: [
    "a@example.com", "anna.karin+visit@mail.example.se", " gun@example.com ", "o'brien@x-y.ie",
    "åsa@räksmörgås.se",
  ])
  func anAddressIsTakenAsItIs(typed: String) throws {
    let address = try EmailAddress(typed: typed)
    #expect(address.text == typed.split(separator: " ").joined())
  }

  @Test(arguments: [
    "", "anna", "@example.com", "anna@", "anna@example", "a@b@example.com", "a..b@example.com",
    ".a@example.com", "a@-example.com", "a@example..com", "a b@example.com", "a@exam ple.com",
    "a@example.com\r\nBcc: b@example.com", "<a@example.com>", "a@example.com,b@example.com",
    "a@[127.0.0.1]", "\"a\"@example.com", String(repeating: "a", count: 65) + "@example.com",
  ])
  func whatIsNoAddressIsRefused(typed: String) {
    #expect(throws: Refusal(.badEmail, field: "email")) { try EmailAddress(typed: typed) }
  }

  @Test func neitherIsPrinted() throws {
    #expect(!"\(try PhoneNumber(typed: "0701234567"))".contains("70"))
    #expect(!"\(try EmailAddress(typed: "gun@example.com"))".contains("gun"))
  }

  @Test func theRulesTakeOnlyAddressesThatAMessageCanGoTo() throws {
    var scene = try Scene()
    var person = guest("per_x")
    person.phone = Redacted("0701234567")
    #expect(scene.refusal(inviting: person) == Refusal(.badPhoneNumber, field: "phone"))
    person.phone = nil
    person.email = Redacted("gun")
    #expect(scene.refusal(inviting: person) == Refusal(.badEmail, field: "email"))
  }
}

extension Scene {
  /// Why Anna cannot invite somebody; nil, and a failed test, where she can.
  mutating func refusal(
    inviting person: PersonRecord, agreedWithPatient: Bool = false
  ) -> Refusal? {
    let draft = InviteDraft(
      id: named("inv_refused"), recipient: .person(person, role: .guest, kind: .other),
      agreedWithPatient: agreedWithPatient)
    do {
      try perform(.createInvite(draft), by: staff(anna))
      Issue.record("not refused")
      return nil
    } catch {
      return error as? Refusal
    }
  }
}
