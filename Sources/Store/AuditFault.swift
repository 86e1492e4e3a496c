/// Something about the audit log that only who has no key can have done to it.
public enum AuditFault: Equatable, Sendable, CustomStringConvertible {
  /// The log does not begin where its newest checkpoint says, or nobody has signed that.
  case badCheckpoint(Int64)
  /// Rows are not there.
  case missing(ClosedRange<Int64>)
  /// A row does not go with its code and the row before: it was changed, put in, or moved.
  case changed(Int64)
  /// The log ends before its head, which was kept elsewhere.
  case cutOff(after: Int64, head: Int64)
  /// The row that the head tells of is another one.
  case exchanged(Int64)
  /// An event has no row.
  case unrecorded(event: Int64)
  /// An event is not what its row was made of.
  case changedEvent(Int64)
  /// An event is not there, and no retention has deleted it.
  case missingEvent(Int64)

  /// What is wrong, and where.
  public var description: String {
    switch self {
    case .badCheckpoint(let number): "the checkpoint after row \(number) does not hold"
    case .missing(let rows) where rows.count == 1: "row \(rows.lowerBound) is missing"
    case .missing(let rows): "rows \(rows.lowerBound) to \(rows.upperBound) are missing"
    case .changed(let number): "row \(number) was changed, put in or moved"
    case .cutOff(let last, let head): "cut off after row \(last): there were \(head)"
    case .exchanged(let number): "row \(number) is not the one that was there"
    case .unrecorded(let event): "event \(event) has no row"
    case .changedEvent(let event): "event \(event) is not what its row says"
    case .missingEvent(let event): "event \(event) is missing"
    }
  }
}
