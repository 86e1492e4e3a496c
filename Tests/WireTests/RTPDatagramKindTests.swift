import Testing
import Wire

@Suite struct RTPDatagramKindTests {
  private func kind(_ bytes: [UInt8]) -> DatagramKind { DatagramKind(bytes.span.bytes) }

  @Test func everyFirstByteGoesWhereRFC7983Says_W22() {
    for first in 0...UInt8.max {
      let expected: DatagramKind =
        switch first {
        case 0, 1, 2, 3: .stun
        case 20...63: .dtls
        case 128...191: .rtp
        default: .unknown
        }
      for length in 2...32 {
        #expect(kind([first] + [UInt8](repeating: 0x60, count: length - 1)) == expected)
      }
    }
  }

  @Test func theSecondByteTellsRTCPFromRTP_W22() {
    for second in 0...UInt8.max {
      #expect(kind([0x80, second]) == (192...223 ~= second ? .rtcp : .rtp))
    }
  }

  @Test func nothingAndALoneByteOfMediaAreUnknown_W22() {
    #expect(kind([]) == .unknown)
    for first: UInt8 in 128...191 { #expect(kind([first]) == .unknown) }
    #expect(kind([0]) == .stun)
    #expect(kind([22]) == .dtls)
  }
}
