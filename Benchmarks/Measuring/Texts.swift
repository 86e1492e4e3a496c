extension Double {
  /// The number with so many decimals.
  func text(_ decimals: Int) -> String {
    guard isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((self * scale).rounded())
    let sign = scaled < 0 ? "-" : ""
    let whole = Int64(scale)
    let rest = String(scaled.magnitude % UInt64(whole))
    let zeros = String(repeating: "0", count: max(0, decimals - rest.count))
    let start = "\(sign)\(scaled.magnitude / UInt64(whole))"
    return decimals == 0 ? start : start + "." + zeros + rest
  }
}

extension String {
  /// The text in a column: `width` characters, to the left; of a negative width, to the right.
  func padded(to width: Int) -> String {
    let spaces = String(repeating: " ", count: max(0, abs(width) - count))
    return width < 0 ? spaces + self : self + spaces
  }
}
