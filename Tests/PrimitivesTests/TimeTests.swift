import Primitives
import Testing

@Suite struct TimeTests {
  @Test func arithmeticSaturatesInsteadOfTrapping() {
    let longest = Duration(nanoseconds: .max)
    #expect(longest + .seconds(1) == longest)
    #expect(longest * 2 == longest)
    #expect(longest * -2 == Duration(nanoseconds: .min))
    #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
    #expect(Instant(nanoseconds: .min) - Instant.distantFuture == Duration(nanoseconds: .min))
  }

  @Test(arguments: [8_000, 48_000, 90_000])
  func ticksAndTimeConvertBothWays(rate: Int) {
    for milliseconds in [0, 10, 20, 1_000, 86_400_000, 31_536_000_000] {
      let span = Duration.milliseconds(milliseconds)
      #expect(span.ticks(at: rate) == Int64(milliseconds) * Int64(rate) / 1_000)
      #expect(Duration.ticks(span.ticks(at: rate), at: rate) == span)
    }
  }

  @Test func theEarlierDeadlineWinsAndNilIsNever() {
    let one = Instant(nanoseconds: 1)
    let two = Instant(nanoseconds: 2)
    #expect(earliest(one, two) == one)
    #expect(earliest(nil, two) == two)
    #expect(earliest(one, nil) == one)
    #expect(earliest(nil, nil) == nil)
  }

  @Test func instantsPrintAsSecondsWithMicroseconds() {
    #expect("\(Instant.origin + .milliseconds(1_500))" == "1.500000")
    #expect("\(Duration.milliseconds(50))" == "50 ms")
    #expect("\(Duration.seconds(2))" == "2 s")
  }
}
