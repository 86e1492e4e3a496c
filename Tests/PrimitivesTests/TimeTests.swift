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

@Suite struct BackoffTests {
  @Test func waitsGrowToTheLongestAndAreNeverAlike() {
    var random = RandomSource(seed: 7)
    let backoff = Backoff(first: .seconds(4), longest: .seconds(60))
    for (failures, ceiling) in [(1, 4), (2, 8), (3, 16), (4, 32), (5, 60), (9, 60), (Int.max, 60)] {
      let waits = (0..<200).map { _ in backoff.wait(afterFailures: failures, random: &random) }
      #expect(waits.allSatisfy { $0 >= .seconds(ceiling) / 2 && $0 <= .seconds(ceiling) })
      #expect(Set(waits).count > 190)
    }
  }
}

@Suite struct CivilTimeTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400_123, "Tue, 29 Feb 2000 00:00:00 +0000"),
    (1_795_236_739_365, "Sat, 21 Nov 2026 04:52:19 +0000"), (-1, "Thu, 01 Jan 1970 00:00:00 +0000"),
  ])
  func mailHasItsOwnFormOfATime(milliseconds: Int64, text: String) {
    #expect(CivilTime(WallTime(milliseconds: milliseconds)).mail == text)
  }
}
