import Engine
import Primitives
import Testing
import Visits

/// A booked visit with planted words, and what of it leaves the house.
private struct Clinic {
  var bench: ControlBench
  let visit = VisitID("vis_booked")
  let invite = InviteID("inv_sign-language")
  static let canaries = ["PLANTED-HEADING", "PLANTED-PATIENT", "PLANTED-GUEST", "+46709999999"]

  init(channels: Set<OutgoingMessage.Channel>, invitationText: [String: String] = [:]) throws {
    var settings = ClinicSettings()
    settings.invitationText = invitationText
    bench = try ControlBench(settings: settings, channels: channels)
    let guest = PersonRecord(
      id: try #require(PersonID("per_guest")), name: Redacted("PLANTED-GUEST"),
      phone: Redacted("+46701234567"), email: Redacted("guest@home.example"))
    let patient = PersonRecord(
      id: try #require(PersonID("per_patient")), name: Redacted("PLANTED-PATIENT"),
      phone: Redacted("+46709999999"))
    let draft = VisitDraft(
      id: try #require(visit), clinic: bench.demo.clinic, type: "videobesök",
      details: VisitDetails(heading: Redacted("PLANTED-HEADING")),
      scheduled: bench.now.wall + .hours(48),
      responsible: PersonRecord(id: bench.demo.staff, name: Redacted("Dr. Astrid Ek")),
      attendees: [.init(patient, role: .patient)],
      invites: [
        InviteDraft(
          id: try #require(invite), recipient: .person(guest, role: .guest, kind: .interpreter))
      ])
    bench.give(.administer(.createVisit(draft)))
  }

  func state(_ id: MessageID) -> OutgoingMessage.State? {
    visit.flatMap { bench.plane.visits.visits[$0] }?.messages.first { $0.id == id }?.state
  }

  func job(_ recipient: String) throws -> DeliveryJob {
    try #require(bench.jobs.last { $0.recipient.value == recipient })
  }

  mutating func command(_ command: VisitCommand) throws {
    bench.give(.administer(.visit(try #require(visit), command)))
  }
}

@Suite struct ControlDeliveryTests {
  @Test func eachRecipientGetsOneMessageByEachChannelAndNothingOfOthers() throws {
    let clinic = try Clinic(channels: [.sms, .email])
    let jobs = clinic.bench.jobs
    #expect(
      jobs.map(\.recipient.value).sorted() == [
        "+46701234567", "+46709999999", "guest@home.example",
      ])
    #expect(Set(jobs.map(\.id)).count == 3)
    let invite = try #require(clinic.invite)
    let secret = try #require(clinic.bench.plane.inviteSecret(for: invite))
    let link = "https://video.example/call#invite=" + secret
    let sms = try clinic.job("+46701234567")
    #expect(sms.text.value == "Du är inbjuden till ett videosamtal:\n" + link)
    #expect(sms.text.value.count <= 160)
    #expect(try clinic.job("guest@home.example").text.value.contains("\n" + link + "\n"))
    for job in jobs {
      for canary in Clinic.canaries {
        #expect(!job.text.value.contains(canary) && !job.subject.value.contains(canary))
      }
    }
    let records = clinic.bench.records.description + "\(jobs)"
    for canary in Clinic.canaries + [secret, "guest@home.example"] {
      #expect(!records.contains(canary))
    }
  }

  @Test func nothingGoesOutBeforeItIsOnDisk() throws {
    var clinic = try Clinic(channels: [.sms])
    clinic.bench.jobs = []
    clinic.bench.storeAnswers = false
    let invite = try #require(clinic.invite)
    try clinic.command(.resendInvite(invite))
    #expect(clinic.bench.jobs == [])
    // The message that is under way keeps the next one to the same number back.
    let last = try #require(clinic.bench.unstored.last)
    clinic.bench.give(.committed(last.position))
    #expect(clinic.bench.jobs == [])
  }

  @Test func whatBecameOfAMessageIsPutOnRecord() throws {
    var clinic = try Clinic(channels: [.sms, .email])
    let (sms, mail) = (try clinic.job("+46701234567").id, try clinic.job("guest@home.example").id)
    #expect(clinic.state(sms) == .queued)
    clinic.bench.give(.delivered(sms, .sent))
    clinic.bench.give(.delivered(mail, .refused(.recipientRefused)))
    #expect(clinic.state(sms) == .sent)
    #expect(clinic.state(mail) == .failed(.rejected))
    #expect(clinic.bench.plane.deliveryCounters.sent == 1)
    #expect(clinic.bench.plane.deliveryCounters.failed == 1)
    clinic.bench.give(.delivered(sms, .refused(.recipientRefused)))
    #expect(clinic.state(sms) == .sent)
  }

  @Test func afterACrashAMessageGoesOutAgainUnderTheSameIdentifier() throws {
    var clinic = try Clinic(channels: [.sms])
    let sent = try clinic.job("+46709999999").id
    clinic.bench.give(.delivered(sent, .sent))
    let before = clinic.bench.jobs
    // The gateway has taken the other message, and the process dies before it hears of that.
    var again = try ControlBench(restoring: clinic.bench.stored, channels: [.sms])
    again.pass(.seconds(1))
    #expect(again.jobs == before.filter { $0.id != sent })
    #expect(again.jobs.count == 1)
  }

  @Test func aGatewayThatIsAwayForAWhileGetsEverythingOnce() throws {
    var clinic = try Clinic(channels: [.sms, .email])
    var taken: [MessageID] = []
    var isUp = false
    for minute in 0..<180 {
      if minute == 100 { isUp = true }
      while !clinic.bench.jobs.isEmpty {
        let job = clinic.bench.jobs.removeFirst()
        if isUp { taken.append(job.id) }
        clinic.bench.give(
          .delivered(job.id, isUp ? .sent : .deferred(.unreachable, notBefore: nil)))
      }
      clinic.bench.pass(.minutes(1))
    }
    #expect(taken.count == 3)
    #expect(Set(taken).count == 3)
    #expect(taken.allSatisfy { clinic.state($0) == .sent })
    #expect(clinic.bench.plane.deliveryCounters.waiting == 0)
  }

  @Test func aLinkThatWasTakenBackIsNotSent() throws {
    var clinic = try Clinic(channels: [.email])
    let job = try clinic.job("guest@home.example")
    try clinic.command(.revokeInvite(try #require(clinic.invite)))
    clinic.bench.give(.delivered(job.id, .deferred(.busy, notBefore: nil)))
    clinic.bench.jobs = []
    clinic.bench.pass(.minutes(5))
    #expect(clinic.bench.jobs.filter { $0.id == job.id } == [])
    #expect(clinic.state(job.id) == .failed(.overtaken))
  }

  @Test func aRotatedLinkGoesOutAsItIsNow() throws {
    var clinic = try Clinic(channels: [.sms])
    let job = try clinic.job("+46701234567")
    let invite = try #require(clinic.invite)
    try clinic.command(.rotateInvite(invite))
    clinic.bench.give(.delivered(job.id, .deferred(.busy, notBefore: nil)))
    clinic.bench.jobs = []
    clinic.bench.pass(.minutes(5))
    let secret = try #require(clinic.bench.plane.inviteSecret(for: invite))
    #expect(clinic.bench.jobs.first { $0.id == job.id }?.text.value.hasSuffix(secret) == true)
    #expect(!job.text.value.hasSuffix(secret))
  }

  @Test func withoutAGatewayMessagesAreKept() throws {
    var clinic = try Clinic(channels: [])
    #expect(clinic.bench.jobs == [])
    #expect(clinic.bench.kept.count == 3)
    clinic.bench.pass(.hours(30))
    let kept = try #require(clinic.bench.kept.first)
    #expect(clinic.state(kept.id) == .queued)
    #expect(kept.text.value.contains("https://video.example/call#invite="))
  }

  @Test func aClinicSaysInItsOwnWordsWhatAnInviteIs() throws {
    let text = "Välkommen till oss på Storgatan"
    let clinic = try Clinic(channels: [.sms, .email], invitationText: ["sv": text])
    #expect(try clinic.job("+46701234567").text.value.hasPrefix(text + ":\nhttps://"))
    #expect(try clinic.job("guest@home.example").text.value.hasPrefix(text + "\n\n"))
    // A confirmation is no invite.
    #expect(try clinic.job("+46709999999").text.value.hasPrefix("Ditt videosamtal är bokat"))
  }

  @Test func anEndingDaemonSendsNothingMore() throws {
    var clinic = try Clinic(channels: [.sms])
    let job = try clinic.job("+46701234567")
    clinic.bench.give(.drain)
    #expect(clinic.bench.plane.deliveriesUnderWay == 2)
    clinic.bench.jobs = []
    clinic.bench.give(.delivered(job.id, .deferred(.busy, notBefore: nil)))
    clinic.bench.pass(.hours(2))
    #expect(clinic.bench.jobs == [])
    #expect(clinic.bench.plane.deliveriesUnderWay == 1)
  }

  @Test func whomNothingHasReachedIsNotToldOfAChange() throws {
    var clinic = try Clinic(channels: [.sms, .email])
    clinic.bench.give(.delivered(try clinic.job("+46701234567").id, .sent))
    for unknown in ["guest@home.example", "+46709999999"] {
      clinic.bench.give(.delivered(try clinic.job(unknown).id, .deferred(.busy, notBefore: nil)))
    }
    clinic.bench.jobs = []
    var changes = VisitChanges()
    changes.scheduled = clinic.bench.now.wall + .hours(72)
    try clinic.command(.update(changes))
    #expect(clinic.bench.jobs.map(\.recipient.value) == ["+46701234567"])
    try clinic.command(.cancel)
    for _ in 0..<4 {
      let jobs = clinic.bench.jobs
      clinic.bench.jobs = []
      for job in jobs { clinic.bench.give(.delivered(job.id, .sent)) }
      clinic.bench.pass(.minutes(5))
    }
    let messages = clinic.visit.flatMap { clinic.bench.plane.visits.visits[$0] }?.messages ?? []
    let told = messages.filter { $0.kind == .changed || $0.kind == .cancelled }
    #expect(told.count == 6, "to the guest by both channels, and to the patient")
    let reached = told.filter { $0.state == .sent }
    #expect(reached.map(\.kind) == [.changed, .cancelled])
    #expect(reached.allSatisfy { $0.channel == .sms && $0.person.text == "per_guest" })
    #expect(told.count { $0.state == .failed(.overtaken) } == 4)
  }
}
