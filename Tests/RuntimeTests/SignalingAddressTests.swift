import Runtime
import Testing

@Suite struct SignalingAddressTests {
  @Test func everyWayInIsRead() throws {
    let lines = try #require(SignalingAddress("tcp://127.0.0.1:8082"))
    #expect(lines.way == .lines && !lines.isEncrypted)
    #expect(lines.host == "127.0.0.1" && lines.port == 8_082)
    let socket = try #require(SignalingAddress("ws://[::1]:8080"))
    #expect(socket.way == .webSocket && socket.host == "::1" && socket.path == "/v1/signal")
    let secure = try #require(SignalingAddress("wss://video.example/other"))
    #expect(secure.isEncrypted && secure.port == 443 && secure.path == "/other")
    #expect(SignalingAddress("ws://video.example/")?.port == 80)
  }

  @Test(arguments: [
    "", "127.0.0.1:8082", "http://127.0.0.1:8080", "tls://127.0.0.1:8082", "tcp://127.0.0.1",
    "tcp://:80", "tcp://a:0", "tcp://a:70000", "tcp://a:x", "tcp://a:1/path", "ws://",
    "ws://[::1", "ws://[::1]x",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(SignalingAddress(text) == nil)
  }
}
