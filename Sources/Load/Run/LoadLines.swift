import Primitives
import Runtime

/// The signaling connections of everybody in a run, each with a number of its own.
final class LoadLines {
  let events: Mailbox<WebClient.Event>
  let client: WebClient
  private let outbox: Outbox<WebClient.Command>
  private var last: UInt64 = 0

  init(to plan: LoadPlan) throws(WebServerError) {
    do throws(SystemError) {
      events = try Mailbox(capacity: Limits.webMailboxLetters)
    } catch {
      throw WebServerError(reason: error.description)
    }
    client = try WebClient(to: plan.address, trusting: plan.trust, events: events)
    outbox = Outbox(client.commands)
  }

  /// Asks for a connection; its number.
  func connect() -> UInt64 {
    last += 1
    outbox.send(.connect(last))
    return last
  }

  func send(_ message: JSON, on line: UInt64) { outbox.send(.send(line, message.description)) }

  func close(_ line: UInt64) { outbox.send(.close(line)) }

  /// Hands over what found no room; whether something still waits.
  func flush() -> Bool {
    if outbox.count > 0 { outbox.flush() }
    return outbox.count > 0
  }
}
