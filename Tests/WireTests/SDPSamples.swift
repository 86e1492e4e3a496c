import Foundation
import Primitives
import Wire

/// Session descriptions that tests read, beside this file.
enum SDPSamples {
  /// The text of a file in `Fixtures`.
  static func text(_ name: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    return String(
      decoding: try Data(contentsOf: folder.appending(path: "Fixtures/\(name).sdp")),
      as: UTF8.self)
  }

  /// The real and the written offers.
  static let offers = [
    "chromium-offer", "chromium-simulcast-offer", "chromium-call-offer", "firefox-offer",
  ]

  /// A description of one audio section with the given attribute lines, the first of which is
  /// line 6.
  static func audio(_ attributes: String...) -> String {
    """
    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    t=0 0
    m=audio 9 UDP/TLS/RTP/SAVPF 111

    """ + attributes.map { $0 + "\n" }.joined()
  }
}
