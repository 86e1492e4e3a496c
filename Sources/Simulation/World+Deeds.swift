import Engine
import Primitives
import Visits

extension World {
  /// Lets somebody do something.
  func perform(_ deed: Scenario.Deed) {
    trace.note(now, "deed \(deed.person) \(deed.kind)")
    switch deed.kind {
    case .loseSignaling: cut(deed.person)
    case .rebind:
      let port = UInt16.random(in: 50_001...59_999, using: &random)
      pages[deed.person].address = Self.address(ofPage: deed.person, port: port)
      pages[deed.person].client.perform(.checkPath, now: now)
    case .losePath: setLoss(of: deed.person, to: 1)
    case .healPath: setLoss(of: deed.person, to: 0.02)
    default: pages[deed.person].client.perform(deed.kind, now: now)
    }
    drainPage(deed.person)
  }

  private func setLoss(of page: Int, to share: Double) {
    pages[page].uplink.conditions.loss = share
    pages[page].downlink.conditions.loss = share
  }

  /// Staff in the call looks at the lobby, again and again.
  func admit() {
    if let page = pages.firstIndex(where: { page in
      page.client.person.role == .staff && page.client.place == .call
        && !page.client.waiting.isEmpty && page.connection != nil
    }) {
      pages[page].client.admitAll()
      drainPage(page)
    }
    let pause = Duration.milliseconds(Int.random(in: 200...1_500, using: &random))
    events.add(.admit, at: now + pause)
  }

  /// From here on the network behaves, whoever is away comes back, and all cameras are on.
  func calm() {
    trace.note(now, "calm")
    for index in pages.indices {
      pages[index].uplink.conditions = NetworkConditions()
      pages[index].downlink.conditions = NetworkConditions()
      pages[index].signaling.maximumDelay = .milliseconds(50)
      pages[index].client.perform(.checkPath, now: now)
      pages[index].client.perform(.come, now: now)
      pages[index].client.switchOn(now: now)
      drainPage(index)
    }
  }

  /// Who is in the call now, as the control plane and the pages agree.
  private var present: [Checker.Present] {
    pages.indices.compactMap { index in
      let client = pages[index].client
      guard client.place == .call, !client.isFinished, isInCall(client.participant) else {
        return nil
      }
      return Checker.Present(
        page: index, seats: client.person.seats, sendsVideo: client.camera)
    }
  }

  private func isInCall(_ participant: String?) -> Bool {
    control.visits.visits.values.contains { visit in
      visit.participants.contains { $0.id.text == participant && $0.place == .call }
    }
  }

  /// The last checks of a run.
  func finish() {
    checker.checkRules(control.visits, now: now)
    checker.checkLiveness(present, now: now)
    let names = present.map { String($0.page) }.joined(separator: " ")
    trace.note(now, "end, in the call: \(names)")
  }

  /// How many are in the call.
  var presentCount: Int { present.count }
}
