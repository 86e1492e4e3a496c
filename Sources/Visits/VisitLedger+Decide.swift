import Primitives

extension VisitLedger {
  /// What follows from a command: the events to store and apply, none where what is asked for
  /// holds already. Changes nothing.
  public func decide(_ command: Command, by actor: Actor, at moment: Moment) throws(Refusal)
    -> [VisitEvent]
  {
    throw Refusal(.notPermitted)
  }
}
