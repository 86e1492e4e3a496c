import Foundation
import Testing

/// One source file of the project, read once.
private struct SourceFile: Sendable {
  let path: String
  let target: String
  let lines: [String]
  var name: String { String(path.split(separator: "/").last ?? "") }
}

/// The tree that these tests hold to its rules.
private enum Project {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func files(under folder: String, ending suffixes: [String]) -> [SourceFile] {
    let base = root.appending(path: folder)
    let all = FileManager.default.enumerator(atPath: base.path)?.allObjects as? [String] ?? []
    return all.filter { path in suffixes.contains { path.hasSuffix($0) } }.sorted().map { path in
      let text = (try? String(contentsOf: base.appending(path: path), encoding: .utf8)) ?? ""
      return SourceFile(
        path: folder + "/" + path, target: String(path.split(separator: "/").first ?? ""),
        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }

  static let sources = files(under: "Sources", ending: [".swift"])
  static let tests = files(under: "Tests", ending: [".swift", ".py"])

  /// Package.swift's table: each target with what it may import, in the order of the file.
  static func targets() throws -> [(name: String, imports: Set<String>)] {
    let manifest = try String(
      contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    let entry = /\b(library|target|program)\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?/
    return manifest[(manifest.range(of: "let package")?.lowerBound ?? manifest.startIndex)...]
      .matches(of: entry).map { match in
        let names = (match.3 ?? "").matches(of: /"(\w+)"/).map { String($0.1) }
        return (name: String(match.2), imports: Set(names))
      }
  }
}

/// A line that holds code: comments are cut off.
private func code(_ line: String) -> Substring {
  guard let comment = line.range(of: "//") else { return line[...] }
  return line[..<comment.lowerBound]
}

@Suite struct TidyTests {
  @Test func thereIsSomethingToHoldToTheRules() {
    #expect(Project.sources.count > 20)
    #expect(Project.tests.count > 5)
  }

  @Test func aTargetNamesOnlyTargetsThatStandAboveItInTheManifest() throws {
    var seen: Set<String> = []
    for target in try Project.targets() {
      #expect(target.imports.isSubset(of: seen), "\(target.name) imports what comes later")
      seen.insert(target.name)
    }
    #expect(seen.count > 15)
  }

  @Test func importsAreThoseOfTheManifest() throws {
    let targets = Dictionary(
      uniqueKeysWithValues: try Project.targets().map { ($0.name, $0.imports) })
    let system: [String: Set<String>] = [
      "Primitives": ["Synchronization"], "Runtime": ["Glibc", "Synchronization"],
      "Store": ["Glibc"], "Delivery": ["Glibc"], "Setup": ["Glibc"], "MediaKit": ["Glibc"],
      "Load": ["Glibc", "Synchronization"],
      "samtald": ["Glibc", "Synchronization"], "samtal": ["Glibc"],
    ]
    for file in Project.sources {
      let allowed = (targets[file.target] ?? []).union(system[file.target] ?? [])
      for line in file.lines {
        guard let match = line.firstMatch(of: /^\s*(?:@\w+\s+)?(?:public\s+)?import\s+(\w+)/) else {
          continue
        }
        #expect(allowed.contains(String(match.1)), "\(file.path): \(line)")
      }
    }
  }

  @Test func noClockAndNoRandomnessBelowTheRuntime() {
    let banned = [
      "clock_gettime", "gettimeofday", "ContinuousClock", "SuspendingClock", "Date(",
      "SystemRandomNumberGenerator", "getrandom", "arc4random", ".shuffled()", ".randomElement()",
      "UUID(", "Task.sleep", "usleep", "nanosleep",
    ]
    let exempt: Set<String> = ["Runtime", "Load", "samtald", "samtal"]
    for file in Project.sources where !exempt.contains(file.target) {
      for (number, line) in file.lines.enumerated() {
        let place = "\(file.path):\(number + 1): \(line)"
        for word in banned { #expect(!code(line).contains(word), "\(place)") }
        #expect(!code(line).contains(".random(in:") || line.contains("using:"), "\(place)")
      }
    }
  }

  @Test func openSSLsRandomnessStaysWithinSecurity() {
    for file in Project.sources where file.target != "Security" {
      for line in file.lines {
        #expect(!code(line).contains(/\bRAND_\w+/), "\(file.path): \(line)")
      }
    }
  }

  @Test func nothingTrapsByForceAndNoMarksAreLeft() {
    let banned = /\btry!|\bas!|\bfatalError\(|\bunsafeBitCast\(/
    for file in Project.sources {
      for (number, line) in file.lines.enumerated() {
        #expect(!code(line).contains(banned), "\(file.path):\(number + 1): \(line)")
        #expect(!line.contains(/\b(TODO|FIXME|XXX|HACK)\b/), "\(file.path):\(number + 1)")
      }
    }
  }

  @Test func namesSayWhatAThingIs() {
    let banned =
      /\b(?:class|struct|enum|protocol|actor)\s+\w*(Manager|Helper|Util|Utils|Impl|Base|Common|Info)\b/
    for file in Project.sources {
      for line in file.lines {
        #expect(!code(line).contains(banned), "\(file.path): \(line)")
      }
    }
  }

  @Test func testsDoNotWaitByTheClock() {
    let banned =
      /\b(sleep|usleep|nanosleep|Task\.sleep|wait_for_timeout|XCTSkip|pytest\.mark\.skip|pytest\.skip)\(/
    for file in Project.tests where !file.path.contains("TidyTests") {
      for (number, line) in file.lines.enumerated() {
        #expect(!line.contains(banned), "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  @Test func filesAreOfASizeThatOneCanHoldInTheHead() {
    for file in Project.sources + Project.tests {
      #expect(file.lines.count <= 420, "\(file.path) has \(file.lines.count) lines")
      for (number, line) in file.lines.enumerated() where file.path.hasSuffix(".swift") {
        #expect(line.count <= 120, "\(file.path):\(number + 1) is \(line.count) wide")
      }
    }
  }

  @Test func theTopLevelHoldsNothingElse() throws {
    let allowed: Set<String> = [
      "Package.swift", "Sources", "Tests", "Benchmarks", "Config", "scripts", "README.md", ".ci",
      ".gitignore", ".swift-format", ".git", ".build", ".swiftpm", ".pytest_cache",
    ]
    let found = try FileManager.default.contentsOfDirectory(atPath: Project.root.path)
    #expect(Set(found).subtracting(allowed) == [])
  }
}
