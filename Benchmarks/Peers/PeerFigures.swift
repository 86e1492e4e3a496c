import Primitives

/// What the runs of one server under one load came to: medians, each figure for itself.
struct PeerFigures {
  let scenario: String
  let profile: PeerProfile
  let spacing: PeerScenario.Spacing
  let load: PeerLoad
  let server: String
  let rooms: Double
  let rate: Double
  /// Nanoseconds of the server's processor for each packet, at the fastest speed seen.
  let cost: Double
  let loss: Double
  let delay50: Duration
  let delay99: Duration
  let residentBytes: Int
  let testerLoad: Double
  /// What has to be known beside the figures.
  let remark: String?

  init(
    _ runs: [PeerRun], scenario: String, profile: PeerProfile, spacing: PeerScenario.Spacing,
    load: PeerLoad, server: String, reference: Duration, remark: String?
  ) {
    self.scenario = scenario
    self.profile = profile
    self.spacing = spacing
    self.load = load
    self.server = server
    rooms = runs.first?.rooms ?? 0
    rate = Self.median(runs.map(\.rate))
    cost = Self.median(runs.map { $0.cost(reference: reference) })
    loss = Self.median(runs.map(\.tally.loss))
    delay50 = Duration(nanoseconds: Self.median(runs.map { $0.tally.delay(0.5).nanoseconds }))
    delay99 = Duration(nanoseconds: Self.median(runs.map { $0.tally.delay(0.99).nanoseconds }))
    residentBytes = Self.median(runs.map(\.residentBytes))
    testerLoad = Self.median(runs.map(\.testerLoad))
    let voids = runs.compactMap(\.voidReason)
    let isVoid = voids.isEmpty ? nil : "\(voids.count) of \(runs.count) void (\(voids[0]))"
    let tooMuch = runs.count { !$0.isCarried }
    let isTooMuch = tooMuch == 0 ? nil : "\(tooMuch) of \(runs.count) not carried"
    let notes = [remark, isVoid, isTooMuch].compactMap { $0 }
    self.remark = notes.isEmpty ? nil : notes.joined(separator: "; ")
  }

  private static func median<Value: Comparable & Numeric>(_ values: [Value]) -> Value {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }

  /// The figures as `--json` has them.
  var json: JSON {
    .compact([
      "scenario": .string(scenario), "profile": .string(profile.rawValue),
      "spacing": .string(spacing.rawValue), "load": .string(load.rawValue),
      "server": .string(server), "rooms": .number(rooms),
      "packets_per_second": .number(rate),
      "ns_per_packet": .number(cost), "loss": .number(loss),
      "delay_p50_us": .integer(delay50.microseconds),
      "delay_p99_us": .integer(delay99.microseconds),
      "resident_bytes": .integer(Int64(residentBytes)), "tester_load": .number(testerLoad),
      "remark": remark.map(JSON.string),
    ])
  }
}

/// How long it took from the beginning of a negotiation to the first packet that was decrypted.
struct PeerJoins {
  let profile: PeerProfile
  let server: String
  let times: Figures

  /// The figures as `--json` has them.
  var json: JSON {
    [
      "profile": .string(profile.rawValue), "server": .string(server),
      "joins": .integer(Int64(times.count)),
      "p50_us": .integer(times.quantile(0.5).microseconds),
      "p99_us": .integer(times.quantile(0.99).microseconds),
    ]
  }
}
