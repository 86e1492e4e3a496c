import Primitives
import Testing

@testable import Delivery

@Suite struct ReachTests {
  @Test(arguments: [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fc00::1", "fd12:3456::1",
    "ff02::1", "2001:db8::1", "2001::1", "3fff::1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::1", "2002:c0a8:101::", "100::1", "::127.0.0.1",
  ])
  func ofTheOperatorsOwnNetwork(address: String) throws {
    #expect(!(try #require(NetworkAddress(host: address, port: 443))).isPublic)
  }

  @Test(arguments: [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255",
    "172.32.0.0", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.0",
    "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "64:ff9b::1.1.1.1", "2002:101:101::1",
    "::ffff:8.8.8.8", "2001:4860::8888",
  ])
  func ofAnybodyOnTheInternet(address: String) throws {
    #expect(try #require(NetworkAddress(host: address, port: 443)).isPublic)
  }
}
