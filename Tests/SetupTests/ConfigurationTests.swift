import Foundation
import Primitives
import Security
import Testing

@testable import Setup

private func mistakes(in text: String) -> [String] {
  Configuration.parse(text, file: "f").mistakes.map(\.description)
}

private func parsed(_ text: String) throws -> Configuration {
  let (configuration, mistakes) = Configuration.parse(text, file: "f")
  try #require(mistakes.isEmpty, "\(mistakes)")
  return configuration
}

@Suite struct ConfigurationTests {
  @Test func nothingSetIsTheDefaults() throws {
    #expect(try parsed("") == Configuration())
    #expect(try parsed("# only a comment\n\n   \n") == Configuration())
  }

  @Test func theSampleSaysWhatHoldsWithoutIt() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Config/samtal.conf")
    let sample = try String(contentsOf: file, encoding: .utf8)
    var expected = Configuration()
    expected.demo = false
    #expect(try parsed(sample) == expected)
    // Those commented out are valid as well, and every key is shown.
    let uncommented = sample.split(separator: "\n").map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
    }.joined(separator: "\n")
    #expect(mistakes(in: uncommented) == [])
    for key in ConfigurationKey.allCases { #expect(uncommented.contains("\n\(key.rawValue): ")) }
  }

  @Test func valuesAreRead() throws {
    let configuration = try parsed(
      """
      http.listen: [127.0.0.1:80, [::1]:8443]   # two
      http.origins: https://clinic.example
      lines.listen: []
      media.listen: [192.0.2.1, 2001:db8::1]
      media.ports: 50000-50001
      media.workers: 2
      media.announced: [203.0.113.7:45000, [2001:db8::7]:46000, 203.0.113.8]
      media.srtp_profiles: [AES128_CM_SHA1_80]
      log.level: warning
      log.addresses: plain
      demo: off
      clinic.cli_north: "Kliniken Norr"
      clinic.cli_south: Kliniken Söder # the other one
      """)
    #expect(
      configuration.httpListen == [
        NetworkAddress(ipv4: 0x7F00_0001, port: 80), NetworkAddress(high: 0, low: 1, port: 8_443),
      ])
    #expect(configuration.httpOrigins == ["https://clinic.example"])
    #expect(configuration.linesListen == [])
    #expect(configuration.mediaListen.map(\.host) == ["192.0.2.1", "2001:db8::1"])
    #expect(configuration.mediaPorts == 50_000...50_001)
    #expect(configuration.mediaWorkers == 2)
    #expect(configuration.mediaAnnounced.map(\.firstPort) == [45_000, 46_000, nil])
    #expect(configuration.mediaSRTPProfiles == [.aes128CMSHA1_80])
    #expect(configuration.logLevel == .warning)
    #expect(configuration.logAddresses == .plain)
    #expect(!configuration.demo)
    #expect(
      configuration.clinics.map { "\($0.key) \($0.value)" }.sorted() == [
        "cli_north Kliniken Norr", "cli_south Kliniken Söder",
      ])
  }

  @Test(arguments: [
    ("nonsense", "f:1: is not of the form \"key: value\""),
    ("http.lisen: [::]:80", "f:1: http.lisen: is not a known key"),
    ("\ndemo: on\n\ndemo: on", "f:4: demo: is already set in line 2"),
    ("clinic.north: Norr", "f:1: clinic.north: does not name a clinic, as clinic.cli_north"),
    ("clinic.cli_a: A\nclinic.cli_a: B", "f:2: clinic.cli_a: is already set in line 1"),
    ("clinic.cli_a: \"\"", "f:1: clinic.cli_a: is empty, or longer than 200 bytes"),
    ("http.url: example", "f:1: http.url: \"example\" is not an origin, as https://clinic.example"),
    ("demo:", "f:1: demo: has no value"),
    ("demo: # on", "f:1: demo: has no value"),
    ("demo: yes", "f:1: demo: \"yes\" is none of on, off"),
    ("log.level: loud", "f:1: log.level: \"loud\" is none of debug, info, warning, error"),
    (
      "http.listen: localhost:80",
      "f:1: http.listen: \"localhost:80\" is not an address with a port, as 192.0.2.1:8080 or "
        + "[::]:8080"
    ),
    (
      "admin.listen: ::1:80",
      "f:1: admin.listen: \"::1:80\" is not an address with a port, as 192.0.2.1:8080 or "
        + "[::]:8080"
    ),
    ("http.listen: [1.2.3.4:80, 1.2.3.4:80]", "f:1: http.listen: has 1.2.3.4:80 twice"),
    ("http.listen: [1.2.3.4:80, ]", "f:1: http.listen: has an empty entry"),
    (
      "media.listen: eth0",
      "f:1: media.listen: \"eth0\" is not an IP address, as 192.0.2.1 or 2001:db8::1"
    ),
    ("media.listen: []", "f:1: media.listen: needs an address"),
    (
      "media.listen: [1.2.3.4, 1.2.3.5]", "f:1: media.listen: has more than one address of a family"
    ),
    ("media.ports: 5-4", "f:1: media.ports: \"5-4\" is not a port range, as 40000-40007"),
    ("media.ports: 0", "f:1: media.ports: \"0\" is not a port range, as 40000-40007"),
    ("media.ports: 65536", "f:1: media.ports: \"65536\" is not a port range, as 40000-40007"),
    ("media.ports: 1-2-3", "f:1: media.ports: \"1-2-3\" is not a port range, as 40000-40007"),
    ("media.workers: 0", "f:1: media.workers: \"0\" is not a number from 1 to 256"),
    (
      "media.peers_per_worker: 0",
      "f:1: media.peers_per_worker: \"0\" is not a number from 1 to 4096"
    ),
    ("media.workers: 9", "f:1: media.workers: is more than the 8 of media.ports"),
    ("media.announced: 0.0.0.0", "f:1: media.announced: \"0.0.0.0\" is no address"),
    (
      "media.announced: 1.2.3.4:65530",
      "f:1: media.announced: has no ports left for all of media.ports"
    ),
    (
      "media.srtp_profiles: [NULL]",
      "f:1: media.srtp_profiles: \"NULL\" is none of AES128_CM_SHA1_80, AEAD_AES_128_GCM, "
        + "AEAD_AES_256_GCM"
    ),
    ("http.certificate: /a", "f:1: http.certificate: needs http.key beside it"),
    ("http.key: /a", "f:1: http.key: needs http.certificate beside it"),
    (
      "http.origins: clinic.example",
      "f:1: http.origins: \"clinic.example\" is not an origin, as https://clinic.example"
    ),
    (
      "http.origins: https://clinic.example/",
      "f:1: http.origins: \"https://clinic.example/\" is not an origin, as https://clinic.example"
    ),
  ])
  func aMistakeIsNamedWithItsLineAndKey(text: String, message: String) {
    #expect(mistakes(in: text) == [message])
  }

  @Test func everyMistakeIsReportedAtOnce() {
    #expect(mistakes(in: "a: 1\ndemo: 2\nmedia.ports: x\n").count == 3)
  }
}

@Suite struct CandidateTests {
  private let interfaces = [
    NetworkAddress(ipv4: 0xC000_0201, port: 0),
    NetworkAddress(high: 0x2001_0DB8 << 32, low: 1, port: 0),
  ]

  private func candidates(_ text: String, worker: Int) throws -> [String] {
    try parsed(text).candidates(ofWorker: worker, interfaces: interfaces).map(\.description)
  }

  @Test func aWildcardStandsForTheInterfaces() throws {
    #expect(try candidates("", worker: 1) == ["192.0.2.1:40001", "[2001:db8::1]:40001"])
    #expect(try candidates("media.listen: 0.0.0.0", worker: 0) == ["192.0.2.1:40000"])
  }

  @Test func anAddressStandsForItself() throws {
    #expect(try candidates("media.listen: 127.0.0.1", worker: 2) == ["127.0.0.1:40002"])
  }

  @Test func whatIsAnnouncedReplacesAllAndPortsFollowOneToOne() throws {
    let text = "media.announced: [203.0.113.7:45000, 203.0.113.8]"
    #expect(try candidates(text, worker: 3) == ["203.0.113.7:45003", "203.0.113.8:40003"])
  }

  @Test func thereAreAsManyWorkersAsProcessorsAndNoMoreThanPorts() throws {
    #expect(try parsed("").workers(processors: 2) == 2)
    #expect(try parsed("").workers(processors: 64) == 8)
    #expect(try parsed("media.workers: 5").workers(processors: 2) == 5)
  }
}

@Suite struct LinkAddressTests {
  @Test(arguments: [
    (NetworkAddress(high: 0, low: 0, port: 8_080), "http://127.0.0.1:8080"),
    (NetworkAddress(ipv4: 0, port: 80), "http://127.0.0.1:80"),
    (NetworkAddress(ipv4: 0x0A4D_0002, port: 81), "http://10.77.0.2:81"),
    (NetworkAddress(high: 0, low: 1, port: 82), "http://[::1]:82"),
  ])
  func linksAreAddressedAsThisMachineOpensThem(address: NetworkAddress, page: String) {
    #expect(Configuration().pageURL(listening: address) == page)
  }

  @Test func whatIsConfiguredStandsBeforeAllElse() throws {
    let configuration = try parsed("http.url: https://video.clinic.example")
    let address = NetworkAddress(ipv4: 0, port: 80)
    #expect(configuration.pageURL(listening: address) == "https://video.clinic.example")
  }
}
