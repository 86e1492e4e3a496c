import Primitives
import Testing

@testable import Visits

/// The table of permissions: read here as text, and held against the reducer cell by cell.
@Suite struct PermissionTests {
  /// One row a method; then the daemon and a clinic's back end (`x`: may); then staff that is
  /// responsible, added, of the same unit, and without relation; patient, proxy and guest, with
  /// the places from which they may: `o`ut, `l`obby, `c`all.
  static let table = """
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
    """.split(separator: "\n").map(String.init)

  /// A row of the table as it was read.
  private struct Row {
    let system: Bool
    let backEnd: Bool
    let places: [PermissionStage.Column: Set<Place>]

    init(_ text: String) {
      let cells = text.split(separator: " ").dropFirst()
      let first = cells.first.map(Array.init) ?? []
      system = first.first == "x"
      backEnd = first.last == "x"
      let columns = PermissionStage.Column.allCases.filter { $0.role != nil }
      var places: [PermissionStage.Column: Set<Place>] = [:]
      for (column, cell) in zip(columns, cells.dropFirst()) {
        places[column] = Set(Place.allCases.filter { cell.contains($0.rawValue.prefix(1)) })
      }
      self.places = places
    }
  }

  private static let rows: [Method: Row] = Dictionary(
    uniqueKeysWithValues: table.compactMap { text in
      let name = text.split(separator: " ").first.map(String.init) ?? ""
      return Method(rawValue: name).map { ($0, Row(text)) }
    })

  @Test func theTableHasARowForEachMethodAndThePermissionsAreThose() throws {
    #expect(Self.table.count == Method.allCases.count)
    for method in Method.allCases {
      let row = try #require(Self.rows[method], "\(method.rawValue)")
      #expect(method.permission.system == row.system, "\(method.rawValue)")
      #expect(method.permission.backEnd == row.backEnd, "\(method.rawValue)")
      #expect(row.places.count == 7, "\(method.rawValue)")
    }
  }

  /// Every cell: each method by each column from each place, in the own visit, in another one of
  /// the clinic, and in another clinic. What the table has is carried out; anything else is
  /// refused with the reason that fits.
  @Test(arguments: Method.allCases)
  func theReducerHoldsToEveryCell(of method: Method) throws {
    let stage = try PermissionStage(hasCall: !PermissionStage.wantsNoCall(method))
    var cells = 0
    for target in PermissionStage.Target.allCases {
      for column in PermissionStage.Column.allCases {
        for place in column.role == nil ? [.out] : Place.allCases {
          for forOneVisit in column.isStaff ? [false, true] : [true] {
            let cell = Cell(
              method: method, column: column, place: place, target: target,
              forOneVisit: forOneVisit)
            for outcome in try outcomes(of: cell, on: stage) {
              #expect(outcome == expected(in: cell), "\(cell)")
            }
            cells += 1
          }
        }
      }
    }
    // The daemon and a back end; staff from three places with two kinds of session; the others
    // from three places.
    #expect(cells == 3 * (2 + 4 * 3 * 2 + 3 * 3))
  }

  private struct Cell {
    let method: Method
    let column: PermissionStage.Column
    let place: Place
    let target: PermissionStage.Target
    let forOneVisit: Bool
  }

  /// What comes of each command by which the method is asked for: nil, or the refusal.
  private func outcomes(of cell: Cell, on stage: PermissionStage) throws -> [Refusal.Reason?] {
    var stage = stage
    let actor = try stage.actor(cell.column, from: cell.place, forOneVisit: cell.forOneVisit)
    let commands = stage.commands(for: cell.method, in: cell.target, by: cell.column)
    guard commands.isEmpty else {
      return commands.map { command in
        reason { () throws(Refusal) in
          _ = try stage.ledger.decide(command, by: actor, at: stage.now)
        }
      }
    }
    let visit = cell.target.visit
    return [
      reason { () throws(Refusal) in
        switch actor {
        case .system: guard cell.method.permission.system else { throw Refusal(.notPermitted) }
        case .backEnd(let clinic, _):
          try stage.ledger.require(cell.method, in: visit, byBackEndOf: clinic)
        case .session(let identity):
          try stage.ledger.require(cell.method, in: visit, by: identity)
        }
      }
    ]
  }

  private func reason(_ attempt: () throws(Refusal) -> Void) -> Refusal.Reason? {
    do {
      try attempt()
      return nil
    } catch {
      return error.reason
    }
  }

  // MARK: What is to be expected

  private func expected(in cell: Cell) -> Refusal.Reason? {
    guard let row = Self.rows[cell.method] else { return .badArgument }
    let isForeign = cell.target == .otherClinic
    if cell.column == .system { return row.system ? nil : .notPermitted }
    switch cell.method {
    case .clinicCreate, .clinicUpdate, .directoryUpdate:
      guard cell.column == .backEnd, row.backEnd else { return .notPermitted }
      return isForeign ? .clinicNotFound : nil
    case .visitCreate:
      if isForeign { return .clinicNotFound }
      if cell.column == .backEnd { return row.backEnd ? nil : .notPermitted }
      // A session for one visit books no other.
      let mayBook = row.places[cell.column]?.isEmpty == false && !cell.forOneVisit
      return mayBook ? nil : .notPermitted
    default:
      if cell.column == .backEnd {
        return isForeign ? .visitNotFound : row.backEnd ? nil : .notPermitted
      }
      return expectedOfSession(in: cell, row)
    }
  }

  private func expectedOfSession(in cell: Cell, _ row: Row) -> Refusal.Reason? {
    let isOwn = cell.target == .own
    // Of visits that are not theirs, staff of the whole clinic alone knows that they exist.
    guard isOwn || cell.target == .otherVisit && !cell.forOneVisit else { return .visitNotFound }
    let places = row.places[isOwn ? cell.column : .noRelation] ?? []
    let place = isOwn ? cell.place : .out
    if places.isEmpty { return .notPermitted }
    if places.contains(place) { return nil }
    if place != .out && places.contains(.out) { return .alreadyJoined }
    return places.contains(.lobby) ? .notJoined : .notInCall
  }

  // MARK: Who one can pretend to be

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

  private func refusal(of command: VisitCommand, by actor: Actor, in scene: Scene)
    -> Refusal.Reason?
  {
    reason { () throws(Refusal) in
      _ = try scene.ledger.decide(.visit(scene.visit, command), by: actor, at: scene.now)
    }
  }
}
