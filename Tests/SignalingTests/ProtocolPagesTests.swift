import Foundation
import Signaling
import Testing
import Visits

@Suite struct ProtocolPagesTests {
  /// `SAMTAL_WRITE_PAGES=1 swift test --filter ProtocolPagesTests` writes them anew.
  @Test func thePagesSayWhatTheTablesSay() throws {
    for (name, text) in try ProtocolPages.all() {
      let url = ProtocolPages.url(name)
      if ProcessInfo.processInfo.environment["SAMTAL_WRITE_PAGES"] != nil {
        try text.write(to: url, atomically: true, encoding: .utf8)
      }
      let found = try String(contentsOf: url, encoding: .utf8)
      #expect(found == text, "\(name) is not what SAMTAL_WRITE_PAGES=1 would write")
    }
  }

  @Test func everyReasonThatTheCodeGivesIsExplained() throws {
    let known = Set(ProtocolPages.doorReasons.map(\.word))
      .union(Refusal.Reason.allCases.map(\.rawValue))
    let given = /(?:SignalingError|self\.init)\(\s*\.\w+,\s*"(\w+)"|refuse\("(\w+)"/
    let bad = /\bbad\([^\n"]*(?:"[^"\n]*")?[^\n"]*, "(\w+)", "/
    var found = 0
    var code = ""
    for target in ["Signaling", "Engine"] {
      let folder = ProtocolPages.root.appending(path: "Sources/\(target)")
      let files = FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []
      for file in files where file.hasSuffix(".swift") {
        let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        let words =
          text.matches(of: given).map { String($0.1 ?? $0.2 ?? "") }
          + text.matches(of: bad).map { String($0.1) }
        for word in words {
          #expect(known.contains(word), "\(file): \(word)")
          found += 1
        }
        code += text.split(separator: "\n").filter { !$0.contains("LogRecord(") }
          .joined(separator: "\n")
      }
    }
    #expect(found > 30)
    for (word, _) in ProtocolPages.doorReasons {
      #expect(code.contains("\"\(word)\""), "\(word) is explained, and nothing gives it")
    }
  }

  @Test func everyReasonHasItsMeaning() throws {
    let tables = try #require(try ProtocolPages.all().last).text
    let words = Refusal.Reason.allCases.map(\.rawValue) + SessionClosing.allCases.map(\.rawValue)
    for word in words { #expect(!tables.contains("| `\(word)` |  |"), "\(word)") }
  }
}
