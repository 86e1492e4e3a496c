import Engine
import Primitives
import Security
import Signaling
import Visits
import Wire

/// A clinic with staff, a patient and two guests at the door, and an input of one act a line:
///
///     0{"jsonrpc":…}   a message on connection 0…4; 0 is staff's, 1 the patient's, 2 that of the
///                      guest with a personal link, 3 the general link's, 4 has no session
///     +2               connection 2 is lost, and there is a new one without session
///     @35              3.5 s pass
///     !                the store fails from here on, or works again
///     ~1s              the worker says of peer 1: silent, heard (h), or closed (any other letter)
///
/// In messages `$p0` stands for the first participant's identifier, `$session`, `$secret` for the
/// connection's latest session. The rules of visits hold throughout, clients get well-formed
/// messages, numbered without gaps, guests in front of the door learn nothing about patient and
/// staff, and what was stored can be replayed.
func fuzzControl(_ input: UnsafeRawBufferPointer) {
  var clinic = FuzzClinic(input: String(decoding: input, as: UTF8.self))
  for line in input.split(separator: UInt8(ascii: "\n")).prefix(100) {
    clinic.take(Array(line))
  }
  clinic.checkStored()
}

private struct FuzzClinic {
  private struct Client {
    var connection: ConnectionID
    var session = ""
    var secret = ""
  }

  private var plane: ControlPlane
  private let demo = DemoClinic()
  private var now = Moment(
    instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(milliseconds: 1_800_000_000_000))
  private var clients: [Client] = []
  private var lastConnection: UInt64 = 0
  /// The number of the newest notification on each open connection; nil before a session.
  private var sequences: [ConnectionID: Int64?] = [:]
  private var stored: [StoredEvent] = []
  private var storeWorks = true
  private var lastTimestamp: UInt32 = 0
  /// What guests may not learn at the door; empty where the input itself speaks of it.
  private let secrets: [String]

  init(input: String) {
    secrets = ["Kim Berg", "Hosta och feber", "demo-patient", "Astrid Ek"].filter { secret in
      !input.contains(secret.suffix(4))
    }
    guard let key = JWTKey(id: DemoClinic.keyID, sharedSecret: Array(repeating: 7, count: 32)),
      let links = LinkSecrets(key: Array(repeating: 9, count: 32)),
      let plane = try? ControlPlane(
        configuration: ControlConfiguration(
          keys: [.init(clinic: demo.clinic, key: key)], links: links,
          candidates: [[NetworkAddress(ipv4: 0x7F00_0001, port: 40_000)]],
          fingerprint: Fingerprint(digest: Array(repeating: 3, count: 32))),
        random: RandomSource(seed: 1), restoring: [], at: now)
    else { preconditionFailure("no clinic") }
    self.plane = plane
    for command in demo.commands { give(.administer(command)) }
    open(["token": .string(demo.staffToken(key: key, at: now.wall))])
    open(["token": .string(demo.patientToken(key: key, at: now.wall))])
    open(["invite": .string(secret(of: demo.guestInvite))])
    open(["invite": .string(secret(of: demo.generalInvite)), "name": "Bo"])
    connect()
  }

  /// Carries out one line.
  mutating func take(_ line: [UInt8]) {
    let rest = line.dropFirst()
    switch line.first {
    case let digit? where (0x30...0x34).contains(digit):
      let client = clients[Int(digit - 0x30)]
      give(.received(client.connection, filled(Array(rest), for: client)))
    case UInt8(ascii: "+"):
      guard let digit = rest.first, (0x30...0x34).contains(digit) else { return }
      let client = Int(digit - 0x30)
      if sequences.removeValue(forKey: clients[client].connection) != nil {
        give(.closed(clients[client].connection))
      }
      clients[client].connection = nextConnection()
    case UInt8(ascii: "@"):
      pass(.milliseconds(min(Int(String(decoding: rest, as: UTF8.self)) ?? 0, 1_200) * 100))
    case UInt8(ascii: "!"): storeWorks.toggle()
    case UInt8(ascii: "~"):
      guard let digit = rest.first, digit > 0x30 else { return }
      let peer = PeerNumber(UInt64(digit - 0x30))
      switch rest.dropFirst().first {
      case UInt8(ascii: "s"): give(.worker(0, .peerSilent(peer)))
      case UInt8(ascii: "h"): give(.worker(0, .peerHeard(peer)))
      default: give(.worker(0, .peerClosed(peer, reason: "consent_expired")))
      }
    default: return
    }
  }

  /// What is on disk can be read after a restart.
  func checkStored() {
    precondition((try? VisitLedger(restoring: stored, at: now)) != nil)
  }

  // MARK: Clients

  private mutating func open(_ params: JSON) {
    connect()
    let request: JSON = ["jsonrpc": "2.0", "id": 0, "method": "session.open", "params": params]
    give(.received(clients[clients.count - 1].connection, Array(request.description.utf8)))
    precondition(!clients[clients.count - 1].session.isEmpty)
  }

  private func secret(of invite: InviteID) -> String { plane.inviteSecret(for: invite) ?? "" }

  private mutating func connect() { clients.append(Client(connection: nextConnection())) }

  private mutating func nextConnection() -> ConnectionID {
    lastConnection += 1
    let connection = ConnectionID(lastConnection)
    sequences[connection] = .some(nil)
    give(.opened(connection, ConnectionOrigin(.lines)))
    return connection
  }

  private func filled(_ message: [UInt8], for client: Client) -> [UInt8] {
    guard message.contains(UInt8(ascii: "$")) else { return message }
    var text = String(decoding: message, as: UTF8.self)
      .replacing("$session", with: client.session).replacing("$secret", with: client.secret)
    for (index, participant) in participants.prefix(8).enumerated() {
      text = text.replacing("$p\(index)", with: participant.id.text)
    }
    return Array(text.utf8)
  }

  private var participants: [Participant] {
    plane.visits.visits[demo.visit]?.participants ?? []
  }

  private var isGuestInCall: Bool {
    participants.contains { $0.role == .guest && $0.place == .call }
  }

  // MARK: The control plane and its surroundings

  private mutating func give(_ input: ControlPlane.Input) {
    var inputs = [input]
    while !inputs.isEmpty {
      let wasGuestInCall = isGuestInCall
      plane.receive(inputs.removeFirst(), at: now)
      precondition(plane.visits.problems().isEmpty)
      let mayGuestsKnow = wasGuestInCall || isGuestInCall
      while let output = plane.poll() { inputs += handle(output, mayGuestsKnow: mayGuestsKnow) }
    }
  }

  private mutating func handle(
    _ output: ControlPlane.Output, mayGuestsKnow: Bool
  ) -> [ControlPlane.Input] {
    switch output {
    case .send(let connection, let text):
      check(text, to: connection)
      let isGuest = clients.dropFirst(2).contains { $0.connection == connection }
      if isGuest, !mayGuestsKnow { precondition(!secrets.contains { text.contains($0) }) }
    case .close(let connection, _, _):
      precondition(sequences.removeValue(forKey: connection) != nil, "closed twice")
    case .append(let events): return append(events)
    case .worker(_, let command): return answer(to: command)
    case .respond, .errand, .drain, .setLogLevel, .deliver, .keep, .log, .audit: break
    }
    return []
  }

  /// A message is JSON-RPC for an open connection; a notification is the next one.
  private mutating func check(_ text: String, to connection: ConnectionID) {
    guard let message = try? JSON(parsing: text), message["jsonrpc"] == "2.0",
      let newest = sequences[connection]
    else { preconditionFailure("no message, or none to send it to") }
    if message["method"] != nil {
      guard let number = message["params"]?["seq"]?.integer else {
        preconditionFailure("a notification without number")
      }
      precondition(newest.map { $0 + 1 == number } ?? false, "a gap")
      sequences[connection] = number
    } else if let session = message["result"]?["session"]?.string,
      let client = clients.firstIndex(where: { $0.connection == connection })
    {
      clients[client].session = session
      clients[client].secret = message["result"]?["resume_secret"]?.string ?? ""
      sequences[connection] = message["result"]?["seq"]?.integer
    } else {
      precondition((message["result"] == nil) != (message["error"]?["data"]?["reason"] == nil))
    }
  }

  private mutating func append(_ events: [StoredEvent]) -> [ControlPlane.Input] {
    guard storeWorks else { return [.storeFailed] }
    for event in events {
      stored.append(event)
      precondition(event.position == UInt64(stored.count))
    }
    return [.committed(UInt64(stored.count))]
  }

  private mutating func answer(to command: WorkerCommand) -> [ControlPlane.Input] {
    switch command {
    case .register(let peer, _, _, _):
      return [.worker(0, .peerRegistered(peer)), .worker(0, .peerConnected(peer))]
    case .seat(let viewer, let assignment):
      lastTimestamp += 1_000
      let seated = WorkerEvent.seated(
        viewer, assignment, audioFrom: lastTimestamp, videoFrom: lastTimestamp + 1)
      return [.worker(0, seated)]
    default: return []
    }
  }

  private mutating func pass(_ span: Duration) {
    let end = now.instant + span
    var turns = 0
    while let next = plane.nextDeadline, next <= end {
      advance(to: max(next, now.instant))
      give(.deadline)
      turns += 1
      precondition(turns < 2_000, "a deadline does not move on")
    }
    advance(to: end)
  }

  private mutating func advance(to instant: Instant) {
    now = Moment(instant: instant, wall: now.wall + (instant - now.instant))
  }
}
