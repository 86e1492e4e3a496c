import Primitives

/// A bounded queue from one thread to one other, with a bell for the one that receives.
///
/// Where it is full the letter is handed back, and the sender decides: refuse, drop and count, or
/// keep it in an `Outbox`.
public final class Mailbox<Letter: Sendable>: Sendable {
  private let ring: Ring<Letter>
  private let wakeup: Wakeup

  /// An empty mailbox; `capacity` is a power of two.
  public init(capacity: Int) throws(SystemError) {
    ring = Ring(capacity: capacity)
    wakeup = try Wakeup()
  }

  /// The receiver's event loop watches this for reading.
  public var descriptor: Int32 { wakeup.descriptor }

  /// Puts a letter in and rings; false where there is no room. The sender's thread alone.
  public func post(_ letter: Letter) -> Bool {
    guard ring.push(letter) else { return false }
    wakeup.ring()
    return true
  }

  /// Silences the bell. The receiver calls it when it was woken, before it takes letters.
  public func acknowledge() { wakeup.silence() }

  /// The oldest letter. The receiver's thread alone.
  public func take() -> Letter? { ring.pop() }

  /// Rings without a letter, so that the receiver looks at what has changed elsewhere.
  public func nudge() { wakeup.ring() }
}

/// The sender's side of a mailbox whose letters must not be lost: what finds no room waits here,
/// in order, until `flush` is called again.
///
/// A class, as there must be one of it only; it stays on the sender's thread.
public final class Outbox<Letter: Sendable> {
  private let mailbox: Mailbox<Letter>
  private var waiting: [Letter] = []
  private var sent = 0

  /// An outbox in front of a mailbox, whose only sender it then is.
  public init(_ mailbox: Mailbox<Letter>) { self.mailbox = mailbox }

  /// Sends a letter, now or with a later `flush`.
  public func send(_ letter: Letter) {
    if waiting.isEmpty, mailbox.post(letter) { return }
    waiting.append(letter)
    flush()
  }

  /// How many letters wait. The owner watches it: a receiver that never catches up is a fault.
  public var count: Int { waiting.count - sent }

  /// Sends what waits as far as there is room.
  public func flush() {
    while sent < waiting.count, mailbox.post(waiting[sent]) { sent += 1 }
    if sent == waiting.count || sent > 1_024 {
      waiting.removeFirst(sent)
      sent = 0
    }
  }
}
