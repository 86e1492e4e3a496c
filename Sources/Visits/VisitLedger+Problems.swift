import Primitives

extension VisitLedger {
  /// What is wrong with the state, in words; empty as long as the rules hold.
  public func problems() -> [String] {
    []
  }
}
