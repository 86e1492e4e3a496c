import Primitives
import Testing

@testable import Visits

@Suite struct OutgoingMessageTests {
  @Test func atBookingThePatientIsToldBySMSAndEachGuestByEachChannel() throws {
    let scene = try booked { draft in
      draft.attendees = [attendee("per_pia", .patient, phone: true, email: true)]
    }
    #expect(
      told(scene) == [
        "invite per_gun sms inv_gun", "invite per_gun email inv_gun",
        "confirmation per_pia sms inv_pia",
      ])
    #expect(Set(scene.current.messages.map(\.id)).count == 3)
  }

  @Test func whoHasNoNumberIsToldByEmailAndWhoHasNoAddressIsNotTold() throws {
    let scene = try booked { draft in
      draft.attendees = [
        attendee("per_pia", .patient, phone: false, email: true),
        attendee("per_per", .proxy, phone: false, email: false),
      ]
    }
    #expect(told(scene).last == "confirmation per_pia email inv_pia")
    #expect(!told(scene).contains { $0.contains("per_per") })
  }

  @Test func forAChildEachProxyIsToldAndNotTheChild() throws {
    let scene = try booked { draft in
      draft.attendees = [
        attendee(
          "per_pia", .patient, phone: true, email: true,
          Patient(profile: .throughProxy, ageBand: .child)),
        attendee("per_mor", .proxy, phone: true, email: false),
        attendee("per_far", .proxy, phone: true, email: false),
      ]
    }
    #expect(
      told(scene).filter { $0.hasPrefix("confirmation") }.map { $0.split(separator: " ")[1] }
        == ["per_mor", "per_far"])
  }

  @Test func aChangeIsToldToThoseWhoHadBeenToldAndToNobodyElse() throws {
    var scene = try booked { draft in
      draft.attendees = [
        attendee("per_pia", .patient, phone: true, email: false),
        attendee("per_per", .proxy, phone: false, email: false),
      ]
    }
    let failed = try #require(scene.current.messages.first { $0.channel == .email })
    try scene.perform(.settleMessage(failed.id, .failed(.rejected)), by: .system)
    let before = scene.current.messages.count
    var changes = VisitChanges()
    changes.scheduled = scene.now.wall + .hours(9)
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(
      told(scene).dropFirst(before) == [
        "changed per_gun sms inv_gun", "changed per_pia sms inv_pia",
      ])
    // What is no change of time is no message.
    changes = VisitChanges()
    changes.heading = Redacted("Annat")
    changes.type = "videomöte"
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(scene.current.messages.count == before + 2)
  }

  @Test func aCancelledVisitIsToldOnceAndAClosedOneIsNot() throws {
    var scene = try booked { _ in }
    var closed = scene
    let before = scene.current.messages.count
    try scene.perform(.cancel, by: scene.staff(scene.anna))
    #expect(
      told(scene).dropFirst(before) == [
        "cancelled per_gun sms inv_gun", "cancelled per_gun email inv_gun",
        "cancelled per_pia sms inv_pia",
      ])
    try closed.perform(.close, by: closed.staff(closed.anna))
    #expect(closed.current.messages.count == before)
  }

  @Test func whoIsTakenOffTheBookingIsToldAndWhoComesOnIsConfirmed() throws {
    var scene = try booked { _ in }
    let before = scene.current.messages.count
    var changes = VisitChanges()
    changes.patients = [attendee("per_per", .patient, phone: true, email: false)]
    try scene.perform(.update(changes), by: scene.staff(scene.anna))
    #expect(
      told(scene).dropFirst(before) == [
        "cancelled per_pia sms inv_pia", "confirmation per_per sms -",
      ])
    // Gone is gone: nothing more is told.
    try scene.perform(.cancel, by: scene.staff(scene.anna))
    #expect(told(scene).filter { $0.contains("per_pia") }.count == 2)
  }

  @Test func aGuestWhoseLinkIsTakenBackIsToldThatAndNothingMore() throws {
    var scene = try booked { _ in }
    try scene.perform(.revokeInvite(named("inv_gun")), by: scene.staff(scene.anna))
    let told = self.told(scene).filter { $0.hasPrefix("cancelled per_gun") }
    #expect(told == ["cancelled per_gun sms inv_gun", "cancelled per_gun email inv_gun"])
    try scene.perform(.cancel, by: scene.staff(scene.anna))
    #expect(self.told(scene).filter { $0.hasPrefix("cancelled per_gun") } == told)
  }

  @Test func whoseLinkIsTakenBackDuringTheCallIsSentNoMessage() throws {
    var scene = try Scene()
    let anna = try scene.annaStarts()
    try scene.perform(.revokeInvite(scene.personalLink), by: anna)
    #expect(!scene.current.messages.contains { $0.kind == .cancelled })
  }

  @Test func anInviteIsSentAgainByEachChannelWhileItsLinkWorks() throws {
    var scene = try booked { _ in }
    let before = scene.current.messages.count
    let anna = scene.staff(scene.anna)
    try scene.perform(.resendInvite(named("inv_gun")), by: anna)
    try scene.perform(.resendInvite(named("inv_pia")), by: anna)
    #expect(
      told(scene).dropFirst(before) == [
        "invite per_gun sms inv_gun", "invite per_gun email inv_gun",
        "confirmation per_pia sms inv_pia",
      ])
    #expect(scene.refusal(of: .resendInvite(named("inv_no")), by: anna) == .inviteNotFound)
    try scene.perform(
      .createInvite(InviteDraft(id: named("inv_all"), recipient: .anybody)), by: anna)
    #expect(scene.refusal(of: .resendInvite(named("inv_all")), by: anna) == .addressRequired)
    try scene.perform(.revokeInvite(named("inv_gun")), by: anna)
    #expect(scene.refusal(of: .resendInvite(named("inv_gun")), by: anna) == .inviteRevoked)
  }

  @Test func aMessageIsSettledOnceByTheDaemonAlone() throws {
    var scene = try booked { _ in }
    let message = try #require(scene.current.messages.first).id
    #expect(
      scene.refusal(of: .settleMessage(message, .sent), by: scene.staff(scene.anna))
        == .notPermitted)
    try scene.perform(.settleMessage(message, .failed(.unavailable)), by: .system)
    #expect(scene.current.messages.first?.state == .failed(.unavailable))
    #expect(try scene.perform(.settleMessage(message, .sent), by: .system) == [])
    #expect(
      scene.refusal(of: .settleMessage(named("msg_no"), .sent), by: .system) == .messageNotFound)
  }

  @Test func aVisitSendsOnlySoManyMessages() throws {
    var scene = try booked { _ in }
    let anna = scene.staff(scene.anna)
    while scene.current.messages.count + 2 <= Limits.messagesPerVisit {
      try scene.perform(.resendInvite(named("inv_gun")), by: anna)
    }
    #expect(scene.refusal(of: .resendInvite(named("inv_gun")), by: anna) == .tooMany)
    try scene.perform(.cancel, by: anna)
    #expect(scene.current.messages.count == Limits.messagesPerVisit)
  }

  @Test func noAddressStandsInAnEvent() throws {
    let scene = try booked { _ in }
    for event in scene.log {
      let text = event.payload.description
      #expect(!text.contains("+46") && !text.contains("@"), "\(text)")
    }
  }

  // MARK: A visit

  /// A visit with Pia, who has a number, and Gun, who has a number and an address.
  private func booked(_ change: (inout VisitDraft) -> Void) throws -> Scene {
    var scene = try Scene.empty()
    var draft = scene.draft(scheduled: true)
    draft.attendees = [attendee("per_pia", .patient, phone: true, email: false)]
    var gun = guest("per_gun")
    gun.phone = Redacted("+46709999999")
    draft.invites = [
      InviteDraft(id: named("inv_gun"), recipient: .person(gun, role: .guest, kind: .relative)),
      InviteDraft(
        id: named("inv_pia"),
        recipient: .person(PersonRecord(id: scene.pia), role: .patient, kind: nil)),
    ]
    change(&draft)
    try scene.perform(.createVisit(draft), by: scene.staff(scene.anna))
    return scene
  }

  private func attendee(
    _ id: String, _ role: Role, phone: Bool, email: Bool, _ patient: Patient? = nil
  ) -> VisitDraft.Attendee {
    let person = PersonRecord(
      id: named(id), name: Redacted("Name"), phone: phone ? Redacted("+46701111111") : nil,
      email: email ? Redacted("a@example.com") : nil)
    return VisitDraft.Attendee(person, role: role, patient: patient)
  }

  private func told(_ scene: Scene) -> [String] {
    scene.current.messages.map {
      "\($0.kind.rawValue) \($0.person) \($0.channel.rawValue) \($0.invite?.text ?? "-")"
    }
  }
}
