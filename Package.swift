// swift-tools-version: 6.2
import PackageDescription

// The table of targets, lowest first. A target names all that it may import, and never one that
// stands below it here; `TidyTests` holds this file and the imports in the sources together.

let swift: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  // `InPlace`, without which reading a property of a large struct copies the struct.
  .enableExperimentalFeature("RawLayout"),
  .enableUpcomingFeature("ExistentialAny"),
  // Hot-path types cross module borders; without this a generic call costs fifty times as much.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func target(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: swift)
}

/// Headers of C libraries and shims for what Swift cannot import.
func library(_ name: String, links libraries: [String] = []) -> Target {
  .target(name: name, linkerSettings: libraries.map { .linkedLibrary($0) })
}

#if arch(x86_64)
  /// Intel's Multi-Buffer Crypto, which exists for its processors and their like alone.
  let fastCiphers = ["IPSec_MB"]
#else
  let fastCiphers: [String] = []
#endif

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: swift)
}

/// Measures; run by `scripts/bench`, and no part of what is installed.
func benchmarks(_ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: "Benchmarks", dependencies: dependencies, path: "Benchmarks",
    exclude: ["PEERS.md", "limits.txt"], swiftSettings: swift)
}

/// The tests of a target see what the target sees; files that they read are no part of the build.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, exclude: fixtures, swiftSettings: swift)
}

let package = Package(
  name: "samtal",
  targets: [
    library("CProcessor"),
    library("CLinux"),
    library("CSecurity", links: ["ssl", "crypto", "srtp2"] + fastCiphers),
    library("CDatabase", links: ["sqlite3"]),
    library("CCodecs", links: ["opus", "vpx"]),
    library("CWeb", links: ["websockets", "ev", "curl"]),
    target("Primitives", ["CProcessor"]),
    target("Wire", ["Primitives"]),
    target("Security", ["Primitives", "CSecurity"]),
    target("Transport", ["Primitives", "Wire", "Security"]),
    target("Relay", ["Primitives", "Wire"]),
    target("Visits", ["Primitives"]),
    target("Signaling", ["Primitives", "Wire", "Visits"]),
    target(
      "Engine",
      ["Primitives", "Wire", "Security", "Transport", "Relay", "Visits", "Signaling"]),
    target("Store", ["Primitives", "Security", "Visits", "CDatabase"]),
    target("Delivery", ["Primitives", "Security", "CWeb"]),
    target("Runtime", ["Primitives", "CLinux", "CWeb"]),
    target(
      "Setup", ["Primitives", "Security", "Visits", "Engine", "Delivery", "Runtime"]),
    target("PeerClient", ["Primitives", "Wire", "Security", "Transport", "Relay"]),
    target("MediaKit", ["Primitives", "CCodecs"]),
    target(
      "Simulation",
      [
        "Primitives", "Wire", "Security", "Transport", "Relay", "Visits", "Signaling", "Engine",
        "PeerClient",
      ]),
    target(
      "Load",
      [
        "CLinux", "Primitives", "Wire", "Security", "Transport", "Relay", "PeerClient", "MediaKit",
        "Runtime",
      ]),
    target("WebPages", [], resources: [.embedInCode("Pages")]),
    program(
      "samtald",
      [
        "Primitives", "Wire", "Security", "Transport", "Relay", "Visits", "Signaling", "Engine",
        "Store", "Delivery", "Runtime", "Setup", "WebPages",
      ]),
    program(
      "samtal",
      [
        "CWeb", "Primitives", "Wire", "Security", "Visits", "Engine", "Store", "Runtime", "Setup",
        "Simulation", "Load",
      ]),

    benchmarks([
      "CLinux", "CSecurity", "Primitives", "Wire", "Security", "Transport", "Relay", "Visits",
      "Signaling", "Engine", "Store", "PeerClient", "Runtime", "Load",
    ]),

    tests("Primitives", ["Primitives"]),
    tests("Wire", ["Primitives", "Wire"], fixtures: ["Fixtures"]),
    tests("Security", ["Primitives", "Security", "CSecurity"]),
    tests("Transport", ["Primitives", "Wire", "Security", "Transport"]),
    tests("Relay", ["Primitives", "Wire", "Relay"]),
    tests("Visits", ["Primitives", "Visits"]),
    tests("Signaling", ["Primitives", "Wire", "Visits", "Signaling"]),
    tests(
      "Engine",
      [
        "Primitives", "Wire", "Security", "Transport", "Relay", "Visits", "Signaling", "Engine",
        "PeerClient", "WebPages",
      ]),
    tests("Store", ["Primitives", "Security", "Visits", "Store", "CDatabase"]),
    tests("Delivery", ["Primitives", "Security", "Delivery"]),
    tests("Runtime", ["Primitives", "Runtime"]),
    tests(
      "Setup",
      ["Primitives", "Security", "Visits", "Engine", "Delivery", "Runtime", "Setup"]),
    tests(
      "PeerClient",
      ["Primitives", "Wire", "Security", "Transport", "Relay", "Signaling", "PeerClient"]),
    tests("MediaKit", ["Primitives", "MediaKit"]),
    tests(
      "Load",
      [
        "Primitives", "Wire", "Security", "Transport", "Relay", "PeerClient", "MediaKit", "Runtime",
        "Load",
      ]),
    tests("WebPages", ["WebPages"]),
    tests("Simulation", ["Primitives", "Simulation"]),
    tests(
      "Samtald",
      [
        "Primitives", "Security", "Visits", "Engine", "Store", "Delivery", "Runtime", "Setup",
        "samtald",
      ]),
    tests("Tidy", []),
  ]
)

// `scripts/fuzz` sets this: everything is then built with libFuzzer's coverage counters.
if Context.environment["SAMTAL_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Primitives", "Wire", "Security", "Transport", "Relay", "Visits", "Signaling", "Engine",
      ],
      path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: swift))
}
