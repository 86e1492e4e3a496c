import Primitives

/// Times that were taken of one thing, many times over.
struct Figures {
  private var spans: [Duration] = []

  var count: Int { spans.count }

  mutating func add(_ span: Duration) { spans.append(span) }

  /// The time within which this part of all were done, from 0 to 1; zero where there is none.
  func quantile(_ part: Double) -> Duration {
    guard !spans.isEmpty else { return .zero }
    let index = Int(part * Double(spans.count - 1) + 0.5)
    return spans.sorted()[index]
  }
}

extension Duration {
  /// Milliseconds with two decimals, as people read them.
  var text: String {
    let hundredths = (nanoseconds + 5_000) / 10_000
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) ms"
  }
}
