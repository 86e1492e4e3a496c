import Primitives

/// What one run does, all of it drawn from the seed before the first event.
struct Scenario {
  /// What a run is about.
  enum Kind {
    /// A bit of everything that people and networks do.
    case everything
    /// Pages with one seat each, on which somebody else is pinned again and again.
    case seatChanges
  }

  /// One person of the run.
  struct Person {
    enum Role { case staff, patient, guest }
    var role: Role
    var name: String
    /// When the page is opened.
    var arrives: Instant
    /// The paths from and to the relay while faults last.
    var uplink: NetworkConditions
    var downlink: NetworkConditions
    /// The longest that one signaling message takes.
    var signalingDelay: Duration
    /// Person seats that the page offers: few make seats change hands.
    var seats: Int
    /// Sends media from the lobby whatever the rules say.
    var isRude: Bool
  }

  /// Something that happens to somebody at a time.
  struct Deed {
    enum Kind: Equatable {
      case leave
      case come
      case pinNext
      case toggleMicrophone
      case toggleCamera
      case loseSignaling
      case rebind
      case holdSomebody
      case removeSomebody
      case muteSomebody
      case losePath
      case healPath
      case checkPath
    }
    var at: Instant
    var person: Int
    var kind: Kind
  }

  var people: [Person]
  var deeds: [Deed]
  /// Faults and deeds end here; from now on everything must come right.
  var calmFrom: Instant
  /// The run ends here.
  var end: Instant
  /// The longest that one commit takes.
  var commitDelay: Duration
  /// People that one of the two workers takes: few, and a call is spread over both.
  var peersPerWorker: Int

  /// Draws a run.
  init(_ kind: Kind, random: inout RandomSource) {
    switch kind {
    case .everything: self.init(everything: &random)
    case .seatChanges: self.init(seatChanges: &random)
    }
  }

  private init(seatChanges random: inout RandomSource) {
    calmFrom = .origin + .seconds(40)
    end = calmFrom + .seconds(8)
    commitDelay = .milliseconds(5)
    peersPerWorker = Bool.random(using: &random) ? 32 : 2
    people = [.staff, .patient, .guest, .guest].map { Self.person($0, &random) }
    deeds = []
    for index in people.indices {
      people[index].name = "Person \(index)"
      people[index].seats = 1
      people[index].isRude = false
      var at = Instant.origin + .seconds(4)
      while at < calmFrom {
        deeds.append(Deed(at: at, person: index, kind: .pinNext))
        at += .milliseconds(Int.random(in: 100...900, using: &random))
      }
    }
    people[0].arrives = .origin
    deeds.sort { $0.at < $1.at }
  }

  private init(everything random: inout RandomSource) {
    calmFrom = .origin + .seconds(10)
    end = calmFrom + .seconds(8)
    commitDelay = .milliseconds(Int.random(in: 0...50, using: &random))
    people = [.staff, .patient, .guest].map { Self.person($0, &random) }
    for _ in 0..<Int.random(in: 0...2, using: &random) {
      let role = Bool.random(using: &random) ? Person.Role.guest : .staff
      people.append(Self.person(role, &random))
    }
    let isSpread = Int.random(in: 0..<3, using: &random) == 0
    peersPerWorker = isSpread ? (people.count + 1) / 2 : 32
    for index in people.indices { people[index].name = "Person \(index)" }
    people[0].arrives = .origin
    deeds = []
    for _ in 0..<Int.random(in: 5...30, using: &random) {
      deeds.append(Self.deed(people: people, until: calmFrom, &random))
    }
    deeds.sort { $0.at < $1.at }
  }

  private static func person(_ role: Person.Role, _ random: inout RandomSource) -> Person {
    Person(
      role: role, name: "",
      arrives: .origin + .milliseconds(Int.random(in: 0...4_000, using: &random)),
      uplink: .faulty(&random), downlink: .faulty(&random),
      signalingDelay: .milliseconds(Int.random(in: 1...800, using: &random)),
      seats: Int.random(in: 1...4, using: &random),
      isRude: Int.random(in: 0..<3, using: &random) == 0)
  }

  private static func deed(
    people: [Person], until end: Instant, _ random: inout RandomSource
  ) -> Deed {
    let person = Int.random(in: people.indices, using: &random)
    var kinds: [Deed.Kind] = [
      .leave, .come, .pinNext, .pinNext, .pinNext, .toggleMicrophone, .toggleCamera,
      .loseSignaling, .rebind, .losePath, .healPath,
    ]
    if people[person].role == .staff { kinds += [.holdSomebody, .removeSomebody, .muteSomebody] }
    let at = Instant.origin + .milliseconds(Int.random(in: 2_000...9_500, using: &random))
    precondition(at < end)
    return Deed(at: at, person: person, kind: kinds.randomElement(using: &random) ?? .pinNext)
  }
}
