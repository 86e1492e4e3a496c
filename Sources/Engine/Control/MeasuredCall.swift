import Primitives
import Signaling
import Visits

/// How good a person's connection is, in the words that others are shown.
enum ConnectionQuality: String, Sendable {
  case good
  /// Heard and seen, with gaps.
  case fair
  /// Hard to follow.
  case poor
}

/// What a client has measured in one call: the newest for the others to see, and all of it for the
/// rating.
struct MeasuredCall: Equatable, Sendable {
  /// How it is now; nil before the first report.
  private(set) var quality: ConnectionQuality?

  private var roundTrip = Mean()
  private var lossReceiving = Mean()
  private var lossSending = Mean()
  private var frozen = 0
  private var concealed = 0

  private struct Mean: Equatable {
    var sum = 0
    var count = 0

    var value: Int? { count == 0 ? nil : sum / count }

    mutating func add(_ sample: Int?) {
      guard let sample, count < 1 << 20 else { return }
      sum += sample
      count += 1
    }
  }

  /// From where on a connection is fair, and from where on it is poor: milliseconds there and
  /// back, and packets lost in a thousand (with Opus's repair, a few are not heard).
  private static let fair = (roundTrip: 250, loss: 30)
  private static let poor = (roundTrip: 600, loss: 100)

  /// Takes up what a client has measured since its last report.
  mutating func add(_ report: QualityReport) {
    roundTrip.add(report.roundTrip)
    lossReceiving.add(report.lossReceiving)
    lossSending.add(report.lossSending)
    frozen += report.frozen ?? 0
    concealed += report.concealed ?? 0
    let worst = max(report.lossReceiving ?? 0, report.lossSending ?? 0)
    let trip = report.roundTrip ?? 0
    quality =
      if worst >= Self.poor.loss || trip >= Self.poor.roundTrip {
        .poor
      } else if worst >= Self.fair.loss || trip >= Self.fair.roundTrip {
        .fair
      } else {
        .good
      }
  }

  /// All of the call: means of what comes and goes, and how long in all something was missing.
  /// Nil where nothing was reported.
  var total: MeasuredQuality? {
    guard quality != nil else { return nil }
    var total = MeasuredQuality()
    total.roundTrip = roundTrip.value.map { .milliseconds($0) }
    total.lossReceiving = lossReceiving.value
    total.lossSending = lossSending.value
    total.frozen = .milliseconds(frozen)
    total.concealed = .milliseconds(concealed)
    return total
  }
}
