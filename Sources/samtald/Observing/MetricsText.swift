import Primitives
import Engine
import Relay
import Runtime
import Transport

/// The daemon's figures in Prometheus' text format, version 0.0.4. No label holds anything
/// personal.
struct MetricsText {
  /// The whole page.
  private(set) var text = ""

  init(_ snapshot: StatusBoard.Snapshot) {
    addControl(snapshot.control)
    addDelivery(snapshot.control.deliveries, snapshot.webhooks)
    addWeb(snapshot.web)
    addWorkers(
      snapshot.workers.enumerated().compactMap { index, status in status.map { (index, $0) } })
  }

  private enum Kind: String {
    case counter, gauge
  }

  private mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: String, value: UInt64)]
  ) {
    text += "# HELP samtal_\(name) \(help)\n# TYPE samtal_\(name) \(kind.rawValue)\n"
    for sample in samples { text += "samtal_\(name)\(sample.labels) \(sample.value)\n" }
  }

  private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
    add(name, kind, help, [("", value)])
  }

  private mutating func addControl(_ control: StatusBoard.ControlStatus) {
    add("connections", .gauge, "Signaling connections.", UInt64(control.connections))
    add(
      "sessions", .gauge, "Sessions, those that can be resumed included.", UInt64(control.sessions))
    add("peers", .gauge, "Peer connections that workers were told of.", UInt64(control.peers))
    add("store_commits_total", .counter, "Batches of events on disk.", control.storeCommits)
    add("store_failures_total", .counter, "Batches that the store refused.", control.storeFailures)
    add("draining", .gauge, "1 while the daemon is ending.", control.isDraining ? 1 : 0)
  }

  private mutating func addDelivery(
    _ messages: DeliveryCounters, _ webhooks: StatusBoard.WebhookStatus
  ) {
    add(
      "messages_total", .counter, "E-mails and text messages by what became of them.",
      [
        (#"{outcome="sent"}"#, messages.sent), (#"{outcome="failed"}"#, messages.failed),
        (#"{outcome="deferred"}"#, messages.deferred),
      ])
    add(
      "messages_waiting", .gauge, "Messages that wait to be sent or are under way.",
      UInt64(messages.waiting))
    add(
      "webhook_events_total", .counter, "Events for webhooks by what became of them.",
      [(#"{outcome="sent"}"#, webhooks.sent), (#"{outcome="deferred"}"#, webhooks.deferred)])
    add(
      "webhook_events_waiting", .gauge, "Events that were read for webhooks and not taken yet.",
      UInt64(webhooks.waiting))
  }

  private mutating func addWeb(_ web: WebCounters) {
    add("http_requests_total", .counter, "Requests for pages.", web.requests)
    add(
      "connections_refused_total", .counter, "Connections that were refused or closed.",
      [
        (#"{reason="full"}"#, web.refusedFull), (#"{reason="origin"}"#, web.refusedOrigin),
        (#"{reason="message_too_long"}"#, web.messagesTooLong),
        (#"{reason="slow_reader"}"#, web.slowReaders),
        (#"{reason="too_many_frames"}"#, web.frameFloods),
      ])
  }

  private mutating func addWorkers(_ workers: [(index: Int, status: StatusBoard.WorkerStatus)]) {
    func perWorker(_ value: (StatusBoard.WorkerStatus) -> UInt64) -> [(String, UInt64)] {
      workers.map { (#"{worker="\#($0.index)"}"#, value($0.status)) }
    }
    func perReason<Reason>(
      _ reasons: [Reason], _ value: (StatusBoard.WorkerStatus, Reason) -> UInt64
    ) -> [(String, UInt64)] {
      workers.flatMap { index, status in
        reasons.map {
          (#"{worker="\#(index)",reason="\#(word($0))"}"#, value(status, $0))
        }
      }
    }
    add("worker_peers", .gauge, "Peers on the worker.", perWorker { UInt64($0.peers) })
    add(
      "worker_load_percent", .gauge,
      "Share of the worker's thread's time that it is at work; from \(Limits.fullWorkerPercent) on"
        + " it takes no further peers.", perWorker { UInt64($0.loadPercent) })
    add(
      "datagrams_received_total", .counter, "Datagrams that the worker was given.",
      perWorker(\.media.received))
    add(
      "datagrams_accepted_total", .counter, "Of these, the ones that reached a peer's transport.",
      perWorker(\.media.accepted))
    add(
      "datagrams_dropped_total", .counter, "Of these, the ones dropped before that.",
      perReason(WorkerDrop.allCases) { $0.media.drops[$1, default: 0] })
    add(
      "transport_dropped_total", .counter, "Datagrams dropped by peers' transports.",
      perReason(TransportDrop.allCases) { $0.media.transportDrops[$1, default: 0] })
    add(
      "address_changes_total", .counter, "Times that a peer's media moved to another address.",
      perWorker(\.media.moves))
    add(
      "packets_received_total", .counter, "RTP packets that the relay was given, decrypted.",
      perWorker(\.relay.received))
    add(
      "packets_accepted_total", .counter, "Of these, the ones that were offered to viewers.",
      perWorker(\.relay.accepted))
    add(
      "packets_crossed_total", .counter,
      "Of the packets that the relay was given, those that other workers handed over.",
      perWorker(\.media.packetsCrossed))
    add(
      "crossings_total", .counter, "Packets and requests that the worker handed to others.",
      perWorker(\.media.crossings))
    add(
      "crossings_lost_total", .counter, "Those that another worker had no room for.",
      perWorker(\.media.crossingsLost))
    add("packets_sent_total", .counter, "RTP packets sent to viewers.", perWorker(\.relay.sent))
    add(
      "packets_retransmitted_total", .counter, "RTP packets sent to viewers again.",
      perWorker(\.relay.retransmitted))
    add(
      "packets_dropped_total", .counter, "RTP packets dropped by the relay, coming or going.",
      perReason(RelayDrop.allCases) { $0.relay[$1] })
    addSockets(workers, perWorker)
  }

  private mutating func addSockets(
    _ workers: [(index: Int, status: StatusBoard.WorkerStatus)],
    _ perWorker: ((StatusBoard.WorkerStatus) -> UInt64) -> [(String, UInt64)]
  ) {
    add(
      "datagrams_overflowed_total", .counter,
      "Datagrams lost because the socket's receive buffer was full.",
      perWorker(\.datagrams.overflowed))
    add("datagrams_sent_total", .counter, "Datagrams sent.", perWorker(\.datagrams.sent))
    add(
      "datagrams_segmented_total", .counter, "Of these, the ones sent as segments.",
      perWorker(\.datagrams.sentAsSegments))
    add(
      "datagrams_overflowed_total", .counter,
      "Datagrams that came while the socket's receive buffer was full, and were lost.",
      perWorker(\.datagrams.overflowed))
    let unsent: [(String, KeyPath<DatagramCounters, UInt64>)] = [
      ("full", \.droppedFull), ("unsendable", \.droppedUnsendable),
    ]
    add(
      "datagrams_unsent_total", .counter, "Datagrams that the socket did not take.",
      workers.flatMap { index, status in
        unsent.map { reason, path in
          (#"{worker="\#(index)",reason="\#(reason)"}"#, status.datagrams[keyPath: path])
        }
      })
  }
}

/// A case's name in lower snake case; an acronym is one word.
func word(_ value: some Any) -> String {
  let letters = Array("\(value)")
  return letters.indices.reduce(into: "") { text, index in
    let letter = letters[index]
    let begins =
      letter.isUppercase && index > 0
      && (letters[index - 1].isLowercase
        || (index + 1 < letters.count && letters[index + 1].isLowercase))
    text += (begins ? "_" : "") + letter.lowercased()
  }
}
