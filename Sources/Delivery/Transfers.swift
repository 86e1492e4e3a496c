import CWeb
import Primitives

/// Sends e-mails, text messages and webhooks through libcurl, many at the same time.
///
/// One thread makes it and uses it. It starts what it is given, waits, and hands back how each came
/// out; it never tries again by itself, follows no redirect, and knows nobody's clock: `start` is
/// told the time. What is under way when it goes is broken off.
public final class Transfers {
  /// What can be sent.
  public enum Errand: Equatable, Sendable {
    /// An e-mail through a mail server.
    case mail(MailMessage, MailServer)
    /// A text message through a gateway.
    case text(TextMessage, TextGateway)
    /// A webhook, to any address or to public ones only.
    case webhook(WebhookCall, mayBePrivate: Bool)
  }

  /// Libcurl does not start.
  public struct Failure: Error, CustomStringConvertible {
    /// For the operator.
    public var description: String
  }

  private let multi: UnsafeMutableRawPointer
  private var running: [UInt64: Transfer] = [:]
  private var finished: [(number: UInt64, outcome: DeliveryOutcome)] = []

  /// Nothing is under way.
  public init() throws(Failure) {
    guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init()
    else { throw Failure(description: "libcurl does not start") }
    self.multi = multi
  }

  deinit {
    for transfer in running.values { curl_multi_remove_handle(multi, transfer.handle) }
    running = [:]
    curl_multi_cleanup(multi)
  }

  /// How many are under way, or have come out and not been taken.
  public var count: Int { running.count + finished.count }

  /// Starts one under a number of the caller's, which no other has at the time.
  public func start(_ number: UInt64, _ errand: Errand, at now: WallTime) {
    precondition(running[number] == nil, "a number is used twice")
    do throws(TransferRefusal) {
      let transfer = try Transfer(number, errand, at: now)
      guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
        throw TransferRefusal(outcome: .deferred(.unreachable, notBefore: nil))
      }
      running[number] = transfer
    } catch {
      finished.append((number, error.outcome))
    }
  }

  /// Sends and receives until something has come out, `descriptor` can be read, or the span is
  /// over.
  public func wait(for span: Duration, watching descriptor: Int32) {
    perform()
    guard finished.isEmpty else { return }
    var watched = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
    let milliseconds = Int32(clamping: max(0, span.milliseconds))
    curl_multi_poll(multi, &watched, 1, milliseconds, nil)
    perform()
  }

  /// The next that has come out.
  public func takeFinished() -> (number: UInt64, outcome: DeliveryOutcome)? {
    finished.isEmpty ? nil : finished.removeFirst()
  }

  private func perform() {
    var left: Int32 = 0
    curl_multi_perform(multi, &left)
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let transfer = running.values.first(where: { $0.handle == handle })
      else { continue }
      let outcome = transfer.outcome(of: message.pointee.data.result)
      curl_multi_remove_handle(multi, handle)
      running[transfer.number] = nil
      finished.append((transfer.number, outcome))
    }
  }
}
