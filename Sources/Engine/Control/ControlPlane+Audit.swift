import Primitives
import Signaling
import Visits

/// How many tokens and links were refused that are not listed one by one.
struct RefusalCount: Sendable {
  private var bucket: TokenBucket
  private var unlisted = 0

  init(now: Instant) { bucket = TokenBucket(rate: Limits.refusalsListedPerSecond, now: now) }

  /// Counts one more. Gives nil where it is not to be listed, and else how many were not since the
  /// last that was.
  mutating func note(now: Instant) -> Int? {
    guard bucket.take(now: now) else {
      unlisted += 1
      return nil
    }
    defer { unlisted = 0 }
    return unlisted
  }
}

extension ControlPlane {
  /// Puts on record that somebody's token, link or resume secret was refused, with the reason.
  /// Nobody can fill the log by trying: in a flood the record says how many they were.
  mutating func auditRefusal(_ reason: String, clinic: ClinicID? = nil) {
    guard let unlisted = refusals.note(now: moment.instant) else { return }
    if unlisted > 0 {
      emit(
        .audit(
          AuditEntry(
            .sessionsRefused, at: moment.wall, by: nil, outcome: "unlisted_\(unlisted)")))
    }
    emit(
      .audit(
        AuditEntry(.sessionRefused, at: moment.wall, by: nil, clinic: clinic, outcome: reason)))
  }
}
