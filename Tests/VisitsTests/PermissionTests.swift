import Primitives
import Testing

@testable import Visits

@Suite struct PermissionTests {
  /// The whole table as text: one row a method, two columns for the daemon and a back end,
  /// one for each role and relation, and in each cell the places from which the method is allowed:
  /// `o`ut, `l`obby, `c`all.
  @Test func theTableIsThis() {
    let columns: [(Role, Relation)] =
      Relation.allCases.map { (.staff, $0) } + [
        (.patient, .none), (.proxy, .none), (.guest, .none),
      ]
    let rows = Method.allCases.map { method in
      let cells = columns.map { role, relation in
        Place.allCases.map { place in
          allows(method, role, relation, place) ? String(place.rawValue.prefix(1)) : "-"
        }.joined()
      }
      let padding = String(repeating: " ", count: 20 - method.rawValue.count)
      let others = [method.permission.system, method.permission.backEnd].map { $0 ? "x" : "-" }
      return method.rawValue + padding + others.joined() + " " + cells.joined(separator: " ")
    }
    #expect(
      rows
        == """
        clinic.create       x- --- --- --- --- --- --- ---
        clinic.update       xx --- --- --- --- --- --- ---
        directory.update    xx --- --- --- --- --- --- ---
        directory.search    -x olc olc olc olc --- --- ---
        directory.tree      -x olc olc olc olc --- --- ---
        visit.list          -x olc olc olc olc --- --- ---
        visit.get           -x olc olc olc olc --- --- ---
        visit.create        xx olc olc olc olc --- --- ---
        visit.update        xx olc olc --- --- --- --- ---
        visit.start         xx olc olc olc --- --- --- ---
        visit.cancel        xx olc olc --- --- --- --- ---
        visit.close         xx olc olc --- --- --- --- ---
        visit.add_staff     xx olc olc olc --- --- --- ---
        visit.remove_staff  xx olc olc olc --- --- --- ---
        visit.takeover      -- olc olc olc --- --- --- ---
        invite.create       xx olc olc olc --- --- --- ---
        invite.list         xx olc olc olc --- --- --- ---
        invite.resend       xx olc olc olc --- --- --- ---
        invite.revoke       xx olc olc olc --- --- --- ---
        invite.link         -x olc olc olc --- olc olc ---
        invite.rotate       xx olc olc olc --- --- --- ---
        invite.opened       x- --- --- --- --- --- --- ---
        message.settled     x- --- --- --- --- --- --- ---
        call.start          -- o-- o-- o-- --- --- --- ---
        call.end            -x --c --c --c --c --- --- ---
        call.request        -- --c --c --c --c --- --- ---
        call.withdraw       -- --c --c --c --c --- --- ---
        call.accept         -- --- --- --- --- ol- ol- ---
        call.decline        -- --- --- --- --- ol- ol- ---
        call.join           -- o-- o-- o-- --- o-- o-- o--
        call.leave          -- -lc -lc -lc -lc -lc -lc -lc
        lobby.admit         -- --c --c --c --c --- --- ---
        lobby.admit_all     -- --c --c --c --c --- --- ---
        lobby.deny          -- --c --c --c --c --- --- ---
        participant.hold    -- --c --c --c --c --- --- ---
        participant.remove  -- --c --c --c --c --- --- ---
        participant.mute    -- --c --c --c --c --- --- ---
        self.update         -- -lc -lc -lc -lc -lc -lc -lc
        share.start         -- --c --c --c --c --c --c --c
        share.stop          -- --c --c --c --c --c --c --c
        chat.send           -- --c --c --c --c --c --c --c
        feedback.submit     -- o-- o-- o-- o-- o-- o-- ---
        session.lost        x- --- --- --- --- --- --- ---
        session.resumed     x- --- --- --- --- --- --- ---
        visit.deadline      x- --- --- --- --- --- --- ---
        """.split(separator: "\n").map(String.init))
  }

  /// Each command against each kind of person in each place: the reducer refuses what the table
  /// does not have, and what it has is not refused for want of permission.
  @Test func theReducerHoldsToTheTableCellByCell() throws {
    for (actor, role, relation, place, scene) in try cells() {
      for command in commands {
        let row = command.method.permission
        let allowed = role == .staff ? row.staff.contains(relation) : row.others.contains(role)
        let reason = refusal(of: command, by: actor, in: scene)
        let cell = "\(command.method.rawValue) as \(role) \(relation) from \(place)"
        if !allowed {
          #expect(reason == .notPermitted, "\(cell)")
        } else if !row.places.contains(place) {
          #expect([.notInCall, .notJoined, .alreadyJoined].contains(reason), "\(cell)")
        } else {
          // Who takes over while there is a call has to be in it.
          let isAbsent = reason == .notInCall && command != .takeOver
          #expect(reason != .notPermitted && !isAbsent, "\(cell)")
        }
      }
    }
  }

  @Test func anotherClinicsVisitIsNotThere() throws {
    let scene = try Scene()
    for role in Role.allCases {
      let foreign = Actor.session(
        Identity(
          clinic: named("cli_other"), visit: scene.visit, role: role, kind: .other,
          person: scene.pia, identifiedBy: .eID))
      for command in commands {
        #expect(refusal(of: command, by: foreign, in: scene) == .visitNotFound)
      }
    }
  }

  @Test func aSessionForAnotherVisitIsNotForThisOne() throws {
    let scene = try Scene()
    for role in Role.allCases {
      let elsewhere = Actor.session(
        Identity(
          clinic: scene.clinic, visit: named("vis_other"), role: role, kind: .other,
          person: scene.pia, identifiedBy: .eID))
      #expect(refusal(of: .join(as: named("par_x")), by: elsewhere, in: scene) == .visitNotFound)
    }
  }

  @Test func aPatientOfAnotherVisitLearnsNothing() throws {
    let scene = try Scene()
    let other = scene.patient(named("per_other"))
    #expect(refusal(of: .join(as: named("par_x")), by: other, in: scene) == .visitNotFound)
    #expect(
      refusal(of: .join(as: named("par_x")), by: scene.patient(scene.berit), in: scene)
        == .visitNotFound)
  }

  @Test func aLinkIntoAnotherVisitOpensNothingHere() throws {
    let scene = try Scene()
    var forged = identity(of: try scene.link(scene.generalLink, session: "g"))
    forged.link?.invite = named("inv_other")
    #expect(
      refusal(of: .join(as: named("par_x")), by: .session(forged), in: scene) == .visitNotFound)
  }

  @Test func nobodyButStaffIsIdentifiedAsStaff() throws {
    let scene = try Scene()
    var posing = identity(of: scene.patient(scene.pia))
    posing.identifiedBy = .staff
    #expect(
      refusal(of: .join(as: named("par_x")), by: .session(posing), in: scene) == .notPermitted)
  }

  @Test func theDaemonItselfJoinsNothing() throws {
    let scene = try Scene()
    for command in commands where !command.method.permission.system {
      #expect(refusal(of: command, by: .system, in: scene) == .notPermitted)
    }
  }

  // MARK: The cells

  private func allows(_ method: Method, _ role: Role, _ relation: Relation, _ place: Place) -> Bool
  {
    do {
      try method.permission.require(role: role, relation: relation, place: place)
      return true
    } catch {
      return false
    }
  }

  private func refusal(of command: VisitCommand, by actor: Actor, in scene: Scene)
    -> Refusal.Reason?
  {
    do {
      _ = try scene.ledger.decide(.visit(scene.visit, command), by: actor, at: scene.now)
      return nil
    } catch {
      return error.reason
    }
  }

  private var commands: [VisitCommand] {
    let nobody: ParticipantID = named("par_nobody")
    return [
      .update(VisitChanges()), .start, .addStaff(named("per_x")), .removeStaff(named("per_x")),
      .takeOver, .createInvites([]), .rotateInvite(named("inv_x")),
      .resendInvite(named("inv_x")), .noteInvite(named("inv_x")),
      .settleMessage(named("msg_x"), .sent), .cancel, .close,
      .createInvite(InviteDraft(id: named("inv_x"), recipient: .anybody)),
      .revokeInvite(named("inv_x")), .startCall(named("cal_x"), as: nobody),
      .requestCall(named("req_x"), named("per_x")), .withdrawRequest(named("req_x")),
      .answerRequest(named("req_x"), accepted: true),
      .answerRequest(named("req_x"), accepted: false), .join(as: nobody), .leave, .endCall,
      .admit(nobody), .admitAll(), .deny(nobody), .hold(nobody), .remove(nobody),
      .mute(nobody, true), .updateSelf(SelfUpdate(camera: true)),
      .startSharing(.computer, audio: false), .stopSharing,
      .chat(named("cht_x"), Redacted("Hej")), .submitFeedback(Feedback(.hadProblems(false))),
      .disconnect(nobody), .reconnect(nobody), .expire,
    ]
  }

  /// Each kind of person in each place where the rules let them be.
  private func cells() throws -> [(Actor, Role, Relation, Place, Scene)] {
    var scene = try Scene(settings: ClinicSettings(sameUnitMayJoin: true))
    let mate: PersonID = named("per_mate")
    let unit: Set<UnitID> = [named("uni_skin")]
    let anna = try scene.annaStarts()
    let guest = try scene.link(scene.personalLink, session: "g")
    var cells: [(Actor, Role, Relation, Place, Scene)] = [
      (scene.staff(scene.anna), .staff, .responsible, .out, scene),
      (scene.staff(scene.berit), .staff, .added, .out, scene),
      (scene.staff(mate, units: unit), .staff, .sameUnit, .out, scene),
      (scene.staff(named("per_other")), .staff, .none, .out, scene),
      (scene.patient(scene.pia), .patient, .none, .out, scene),
      (guest, .guest, .none, .out, scene),
    ]
    let pia = try scene.piaJoins()
    let ivan = try scene.linkJoins(as: "par_ivan", session: "g")
    cells.append((pia, .patient, .none, .lobby, scene))
    cells.append((ivan, .guest, .none, .lobby, scene))
    try scene.perform(.admitAll(), by: anna)
    try scene.perform(.join(as: named("par_berit")), by: scene.staff(scene.berit))
    try scene.perform(.join(as: named("par_mate")), by: scene.staff(mate, units: unit))
    cells += [
      (anna, .staff, .responsible, .call, scene),
      (scene.staff(scene.berit, as: "par_berit"), .staff, .added, .call, scene),
      (scene.staff(mate, units: unit, as: "par_mate"), .staff, .sameUnit, .call, scene),
      (pia, .patient, .none, .call, scene), (ivan, .guest, .none, .call, scene),
    ]
    return cells
  }
}
