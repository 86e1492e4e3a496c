import Testing
import Wire

@Suite struct RTPSequenceTests {
  @Test func comparisonWrapsAround() {
    #expect(SequenceNumber.isNewer(0, than: 65_535))
    #expect(!SequenceNumber.isNewer(65_535, than: 0))
    #expect(!SequenceNumber.isNewer(7, than: 7))
    #expect(SequenceNumber.distance(from: 65_530, to: 4) == 10)
    #expect(SequenceNumber.distance(from: 4, to: 65_530) == -10)
    #expect(SequenceNumber.distance(from: 0, to: 32_768) == -32_768)
  }

  @Test func extendedNumbersFollowOverManyWraps() {
    var extended = ExtendedSequenceNumber(first: 65_530)
    for step: UInt64 in 1...200_000 {
      let number = UInt16(truncatingIfNeeded: 65_530 + step)
      guard let next = extended.nearest(number) else {
        Issue.record("lost at \(step)")
        return
      }
      #expect(next.value == 65_530 + step)
      extended = next
    }
    #expect(extended.rollOverCounter == 4)
  }

  @Test func aNumberFromBeforeTheFirstHasNoExtension() {
    let first = ExtendedSequenceNumber(first: 3)
    #expect(first.nearest(65_535) == nil)
    #expect(first.nearest(0)?.value == 0)
    #expect(ExtendedSequenceNumber(65_536 + 3).nearest(65_535)?.value == 65_535)
    #expect(ExtendedSequenceNumber(UInt64.max).nearest(5) == nil)
  }
}
