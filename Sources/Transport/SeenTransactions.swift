import Primitives
import Wire

/// The transaction ids of the latest authenticated checks, so that a replayed one is known (S5).
///
/// The last `Limits.transactionsPerTransport` are kept. 64 of an id's 96 bits do: nobody without
/// the password can choose them.
struct SeenTransactions {
  private var ids: [UInt64] = []
  private var oldest = 0

  /// Notes an id; false where it is there already.
  mutating func insert(_ id: STUNTransactionID) -> Bool {
    guard !ids.contains(id.low) else { return false }
    if ids.count < Limits.transactionsPerTransport {
      ids.append(id.low)
    } else {
      ids[oldest] = id.low
      oldest = (oldest + 1) % ids.count
    }
    return true
  }
}
