import Foundation
import Testing
import WebPages

@Suite struct WebPagesTests {
  private static let texts = WebPages.all.mapValues { String(decoding: $0.bytes, as: UTF8.self) }

  @Test func everyFileOfTheFolderIsServedAsItIs() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/WebPages/Pages")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == WebPages.all.count)
    for file in files {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      #expect(Self.texts.values.contains(text), "\(file)")
    }
  }

  @Test func pagesAskNoForeignHost() {
    for (path, text) in Self.texts {
      #expect(!text.contains(/(https?|wss?):\/\/[\w.]/), "\(path)")
    }
  }

  @Test func nothingIsInline() {
    for (path, text) in Self.texts where text.hasPrefix("<!doctype") {
      #expect(!text.contains(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/), "\(path)")
    }
  }

  @Test func scriptsNeverMakeMarkupOfText() {
    for (path, text) in Self.texts {
      #expect(!text.contains(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/), "\(path)")
    }
  }

  @Test func whatAPageLoadsIsServedToo() {
    for (path, text) in Self.texts {
      for match in text.matches(of: /(?:from '\.|src="|href=")(\/[\w.-]+)/) {
        #expect(WebPages.page(at: String(match.1)) != nil, "\(path): \(match.1)")
      }
    }
  }

  @Test(arguments: ["", "/call/", "/call.html", "/../call", "/%63all", "/call?x", "/CALL", "call"])
  func onlyThePathAsItIsWrittenIsServed(path: String) {
    #expect(WebPages.page(at: path) == nil)
  }

  @Test func thePolicyAllowsNothingInlineAndNothingForeign() throws {
    let policy = try #require(
      WebPages.headers.first { $0.name == "Content-Security-Policy" }?.value)
    #expect(policy.hasPrefix("default-src 'none'"))
    #expect(!policy.contains("unsafe"))
    #expect(!policy.contains("*"))
  }
}
