import Primitives

extension VisitLedger {
  /// Makes a decided event part of the state. An event that contradicts the state is a bug of the
  /// caller (applied twice, or out of order) and stops the process.
  public mutating func apply(_ event: VisitEvent) {
  }
}
