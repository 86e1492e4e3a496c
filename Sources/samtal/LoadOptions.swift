import Load
import Primitives
import Runtime
import Security
import Setup
import Wire

/// The options of `samtal load`, and what they come to.
enum LoadOptions {
  static let single: Set<String> = [
    "--url", "--rooms", "--participants", "--publish", "--duration", "--ramp",
    "--churn-per-minute", "--reconnect-every", "--loss", "--delay", "--rate", "--profile",
    "--decode", "--seed", "--json", "--pid", "--admin", "--clinic", "--key", "--ca",
    "--visit-type",
  ]
  static let flags: Set<String> = ["--guests-via-lobby", "--insecure", "--sink"]

  static let usage = """
    usage: samtal load [OPTIONS]

      --url URL            where signaling goes: tcp://HOST:PORT, ws://HOST or wss://HOST
                           (default: the lines port of the configuration)
      --rooms N            calls at the same time (default 1)
      --participants N     people in each, from 2 (default 3)
      --publish LIST       of audio, video and screen (default audio,video)
      --guests-via-lobby   all but one of each room wait, and are let in by that one
      --duration TIME      how long it lasts once all were asked in, as 30s or 10m (default 30s)
      --ramp TIME          the time over which people come (default 5s)
      --churn-per-minute N people who go and are followed by others
      --reconnect-every TIME  how often everybody's signaling is cut, to be resumed
      --loss PERCENT       of datagrams that the tester drops, each way
      --delay TIME         that the tester holds datagrams back, each way, as 80ms
      --rate BITS          a second of each camera, as 300k or 2M (default 300k)
      --profile NAME       how media is protected: gcm or cm (default: the server chooses)
      --decode N           people who decode all they get
      --sink               synthetic media that is only counted, for the highest rates
      --seed N             what all chance follows from (default 1)
      --json FILE          the report for programs
      --admin URL          the server's operator page, for its counters (default: as configured)
      --pid N              the server's process, where it cannot be found by its port
      --clinic CLINIC      whose people they are (default: that of the only key)
      --key KEYID          the key to sign tokens with (default: the clinic's only one)
      --visit-type WORD    what kind of visit is made (default videobesök)
      --ca FILE            certificates that are trusted beside the system's
      --insecure           any certificate does
    \(OperatorSite.usage)

    Bounds, each a number: --max-loss PERCENT, and in milliseconds --max-join-p99,
    --max-first-picture-p99, --max-sound-delay-p99, --max-picture-delay-p99, --max-resume-p99;
    --max-freezes COUNT; --max-memory-growth MB in ten minutes.

    Plays clinicians and their guests over real sockets against a running server: each makes or
    joins a visit with tokens of this machine's keys. Prints a line a second and then a report.
    Exit status 1 where a bound is passed, a track is missing or something failed; 3 where the
    tester itself was at its limit, so that the run says nothing of the server.
    """

  /// The plan that the options describe.
  static func plan(_ options: CommandOptions, at site: OperatorSite) throws -> LoadPlan {
    let given = try options.read(
      "--url", "tcp://HOST:PORT, ws://HOST or wss://HOST", SignalingAddress.init)
    guard let address = given ?? site.configuration.linesListen.first.flatMap(address) else {
      throw CommandOptions.Mistake(description: "--url is missing, and no lines are configured")
    }
    var plan = LoadPlan(address: address)
    plan.trust.authorities = options["--ca"] ?? site.configuration.httpCertificate
    plan.trust.isBlind = options.has("--insecure")
    plan.waitsInLobby = options.has("--guests-via-lobby")
    func set<Value>(
      _ path: WritableKeyPath<LoadPlan, Value>, _ name: String, _ expected: String,
      _ read: (String) -> Value?
    ) throws(CommandOptions.Mistake) {
      if let value = try options.read(name, expected, read) { plan[keyPath: path] = value }
    }
    try set(\.rooms, "--rooms", "a number from 1 to 10000") { whole($0, 1...10_000) }
    try set(\.participants, "--participants", "a number from 2 to 64") { whole($0, 2...64) }
    try set(\.publish, "--publish", "a list of audio, video and screen", sources)
    try set(\.duration, "--duration", "a time as 30s or 10m", TokenCommand.readTime)
    try set(\.ramp, "--ramp", "a time as 5s", TokenCommand.readTime)
    try set(\.churnPerMinute, "--churn-per-minute", "a number up to 6000") { whole($0, 0...6_000) }
    try set(\.reconnectEvery, "--reconnect-every", "a time as 30s", TokenCommand.readTime)
    try set(\.loss, "--loss", "a percentage from 0 to 100") { percentage($0) }
    try set(\.delay, "--delay", "a time as 80ms or 1s", readShortTime)
    try set(\.rate, "--rate", "bits a second, as 300k or 2M, from 50k to 20M", readRate)
    try set(\.profiles, "--profile", "gcm or cm", profiles)
    try set(\.decode, "--decode", "a number of people") { whole($0, 0...10_000) }
    try set(\.seed, "--seed", "a number") { UInt64($0) }
    try set(\.visitType, "--visit-type", "a word") { $0.isEmpty ? nil : $0 }
    plan.usesSink = options.has("--sink")
    if plan.usesSink { try requireSimplicity(options, plan) }
    return plan
  }

  /// What a sink does without.
  private static func requireSimplicity(
    _ options: CommandOptions, _ plan: LoadPlan
  ) throws(CommandOptions.Mistake) {
    for name in ["--decode", "--loss", "--delay", "--churn-per-minute"] where options[name] != nil {
      throw CommandOptions.Mistake(description: "\(name) does not go with --sink")
    }
    if plan.publish.contains(.screen) {
      throw CommandOptions.Mistake(description: "--publish screen does not go with --sink")
    }
  }

  private static func address(_ listening: NetworkAddress) -> SignalingAddress? {
    let isAnywhere = listening.with(port: 0) == NetworkAddress(high: 0, low: 0, port: 0)
    let host = isAnywhere ? "127.0.0.1" : listening.host
    let shown = host.contains(":") ? "[\(host)]" : host
    return SignalingAddress("tcp://\(shown):\(listening.port)")
  }

  static func number(_ text: String) -> Double? {
    Double(text).flatMap { $0 >= 0 && $0.isFinite ? $0 : nil }
  }

  private static func whole(_ text: String, _ range: ClosedRange<Int>) -> Int? {
    Int(text).flatMap { range.contains($0) ? $0 : nil }
  }

  private static func percentage(_ text: String) -> Double? {
    let digits = text.hasSuffix("%") ? String(text.dropLast()) : text
    return number(digits).flatMap { $0 <= 100 ? $0 / 100 : nil }
  }

  private static func sources(_ text: String) -> Set<MediaSource>? {
    let known: [Substring: MediaSource] = [
      "audio": .microphone, "video": .camera, "screen": .screen,
    ]
    let list = text.split(separator: ",", omittingEmptySubsequences: false).map { known[$0] }
    guard !list.isEmpty, !list.contains(nil) else { return nil }
    return Set(list.compactMap { $0 })
  }

  private static func readShortTime(_ text: String) -> Duration? {
    guard text.hasSuffix("ms") else { return TokenCommand.readTime(text) }
    return whole(String(text.dropLast(2)), 0...60_000).map { .milliseconds($0) }
  }

  private static func readRate(_ text: String) -> Int? {
    let scales: [Character: Int] = ["k": 1_000, "M": 1_000_000]
    guard let scale = text.last.flatMap({ scales[$0] }) ?? (Int(text) == nil ? nil : 1) else {
      return nil
    }
    return Int(scale == 1 ? text : String(text.dropLast())).flatMap { count in
      (50_000 / scale...20_000_000 / scale).contains(count) ? count * scale : nil
    }
  }

  private static func profiles(_ text: String) -> [SRTPProfile]? {
    switch text {
    case "gcm": [.aeadAES128GCM]
    case "cm": [.aes128CMSHA1_80]
    default: nil
    }
  }

  /// Every sample of a page in Prometheus' format, those of one name added up.
  static func counters(_ page: String) -> [String: UInt64] {
    var counters: [String: UInt64] = [:]
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "),
        let value = UInt64(line[line.index(after: space)...])
      else { continue }
      counters[String(line[..<space].prefix { $0 != "{" }), default: 0] += value
    }
    return counters
  }
}
