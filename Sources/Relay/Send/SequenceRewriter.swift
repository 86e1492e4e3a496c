import Primitives

/// Gives the packets that go out on one SSRC their sequence numbers (W1–W6).
///
/// Output = input + an offset. A switch of source goes on with the number after the highest one
/// sent; a packet that is dropped on purpose lowers the offset for those behind it, so that it
/// leaves no gap, while what the network lost stays visible as one. A number is given out once.
struct SequenceRewriter: ~Copyable {
  private let place = InPlace()
  /// From this input on, this offset holds.
  private struct Step {
    var start: UInt64
    var offset: Int64
  }

  /// How many changes of the offset are remembered for packets that come late.
  private static let steps = 16

  /// The number before the first one: random, below 2^15, so that the receiver's roll-over
  /// counter starts at 0 whichever packet it gets first (W5).
  private let origin: UInt64
  private var sent = SequenceWindow()
  private var hasSource = false
  private var highestInput: UInt64 = 0
  /// Steps since the source started; the last `steps` of them are in `recent`.
  private var stepCount = 0
  private var recent = InlineArray<16, Step>(repeating: Step(start: 0, offset: 0))

  /// Starts at a random number below 2^15.
  init(random: inout RandomSource) {
    origin = random.next() % (1 << 15 - 1)
  }

  /// The highest number given out, or nil before the first.
  var highest: UInt64? { sent.highest }

  /// Switches to a source whose first packet is `input`: earlier ones will be refused.
  mutating func start(at input: UInt64) {
    let next = (sent.highest ?? origin) + 1
    hasSource = true
    highestInput = input
    stepCount = 0
    append(Step(start: input, offset: Int64(next) &- Int64(truncatingIfNeeded: input)))
  }

  /// The number that `input` goes out with, extended beyond 16 bits; nil where it comes too late,
  /// or has gone out before.
  mutating func rewrite(_ input: UInt64) -> UInt64? {
    guard hasSource, let offset = offset(of: input) else { return nil }
    let output = UInt64(bitPattern: Int64(truncatingIfNeeded: input) &+ offset)
    guard case .new = sent.insert(output) else { return nil }
    highestInput = max(highestInput, input)
    return output
  }

  /// Notes that `input` is dropped on purpose.
  mutating func skip(_ input: UInt64) {
    guard hasSource, input > highestInput else { return }
    highestInput = input
    let newest = (stepCount - 1) % Self.steps
    if recent[newest].start == input {
      recent[newest].start += 1
      recent[newest].offset &-= 1
    } else {
      append(Step(start: input + 1, offset: recent[newest].offset &- 1))
    }
  }

  /// The offset that held when `input` was due, or nil where that is not known any more.
  private func offset(of input: UInt64) -> Int64? {
    var step = stepCount
    while step > 0, step > stepCount - Self.steps {
      step -= 1
      let candidate = recent[step % Self.steps]
      if input >= candidate.start { return candidate.offset }
    }
    return nil
  }

  private mutating func append(_ step: Step) {
    recent[stepCount % Self.steps] = step
    stepCount += 1
  }
}
