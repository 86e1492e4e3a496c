import Primitives
import Testing

@testable import Delivery

@Suite struct WebhookCallTests {
  private let key = Redacted(Array("a key that is thirty-two bytes long".utf8))

  @Test func theSignatureIsOverTimeAndBody() {
    let call = WebhookCall(url: "https://x.example/", key: key, body: #"{"a":1}"#)
    // printf '1795236739.{"a":1}' | openssl dgst -sha256 -hmac 'a key that is thirty-two bytes long'
    #expect(
      call.headers(at: WallTime(milliseconds: 1_795_236_739_365)) == [
        "Samtal-Timestamp: 1795236739",
        "Samtal-Signature: v1=8785e30da811e3d8946f7c7fd3d687ac6c4edf8e311e3713a002ec46ccd985e3",
      ])
  }

  @Test func anEventHasOneNameThatTellsNothing() {
    let names = (1...100).map { WebhookCall.eventID(at: UInt64($0), key: key) }
    #expect(Set(names).count == 100)
    #expect(names[6] == WebhookCall.eventID(at: 7, key: key))
    #expect(names[6] != WebhookCall.eventID(at: 7, key: Redacted([1])))
    #expect(names.allSatisfy { $0.utf8.count == 36 && $0.hasPrefix("evt_") })
  }
}
