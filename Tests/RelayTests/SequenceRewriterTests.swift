import Primitives
import Testing

@testable import Relay

@Suite struct SequenceRewriterTests {
  private func rewriter(seed: UInt64 = 1) -> SequenceRewriter {
    var random = RandomSource(seed: seed)
    return SequenceRewriter(random: &random)
  }

  @Test func theFirstNumberIsRandomAndBelowHalfOfTheNumberSpace() throws {
    var firsts: Set<UInt64> = []
    for seed in 0..<500 as Range<UInt64> {
      var rewriter = rewriter(seed: seed)
      rewriter.start(at: 90_000)
      let output = rewriter.rewrite(90_000)
      let first = try #require(output)
      #expect(first < 1 << 15)
      firsts.insert(first)
    }
    #expect(firsts.count > 450)
  }

  @Test func aSwitchGoesOnWithTheNextNumber() throws {
    var rewriter = rewriter()
    rewriter.start(at: 70_000)
    let output = rewriter.rewrite(70_000)
    let first = try #require(output)
    #expect(rewriter.rewrite(70_001) == first + 1)
    rewriter.start(at: 500_000)
    #expect(rewriter.rewrite(500_000) == first + 2)
    #expect(rewriter.rewrite(500_001) == first + 3)
  }

  @Test func whatIsOlderThanTheSwitchIsRefused() {
    var rewriter = rewriter()
    rewriter.start(at: 70_000)
    _ = rewriter.rewrite(70_000)
    #expect(rewriter.rewrite(69_999) == nil)
  }

  @Test func lossesStayVisibleAndAreFilledByLatePackets() throws {
    var rewriter = rewriter()
    rewriter.start(at: 70_000)
    let output = rewriter.rewrite(70_000)
    let first = try #require(output)
    #expect(rewriter.rewrite(70_003) == first + 3)
    #expect(rewriter.rewrite(70_001) == first + 1)
    #expect(rewriter.rewrite(70_001) == nil)
  }

  @Test func whatIsDroppedOnPurposeLeavesNoGap() throws {
    var rewriter = rewriter()
    rewriter.start(at: 70_000)
    let output = rewriter.rewrite(70_000)
    let first = try #require(output)
    rewriter.skip(70_001)
    rewriter.skip(70_002)
    #expect(rewriter.rewrite(70_003) == first + 1)
    rewriter.skip(70_005)
    #expect(rewriter.rewrite(70_006) == first + 3)
    #expect(rewriter.rewrite(70_004) == first + 2)
  }

  @Test func aPacketFromBeforeManyDropsIsRefusedRatherThanMisplaced() throws {
    var rewriter = rewriter()
    rewriter.start(at: 70_000)
    _ = rewriter.rewrite(70_000)
    for step in 1...40 as ClosedRange<UInt64> {
      rewriter.skip(70_000 + 3 * step)
      _ = rewriter.rewrite(70_001 + 3 * step)
    }
    #expect(rewriter.rewrite(70_002) == nil)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func noNumberIsEverGivenOutTwice(seed: UInt64) {
    var random = RandomSource(seed: seed)
    var rewriter = SequenceRewriter(random: &random)
    var given: Set<UInt64> = []
    var input: UInt64 = 1 << 16
    rewriter.start(at: input)
    for _ in 0..<20_000 {
      switch random.next() % 40 {
      case 0:
        input += random.next() % 10_000
        rewriter.start(at: input)
      case 1...3:
        input += 1
        rewriter.skip(input)
      case 4...8:
        if let output = rewriter.rewrite(input - random.next() % 600) {
          #expect(given.insert(output).inserted, "seed \(seed)")
        }
      default:
        input += 1 + (random.next() % 10 == 0 ? random.next() % 5 : 0)
        if let output = rewriter.rewrite(input) {
          #expect(given.insert(output).inserted, "seed \(seed)")
        }
      }
    }
    #expect(given.count > 10_000)
  }
}
