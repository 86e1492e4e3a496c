import Primitives
import Wire

/// How people come together: rooms that are all alike.
struct Gathering {
  var rooms = 1
  /// People in each room who publish; each sees all the others who do.
  var publishers = 1
  /// People in each room who only watch; each sees all who publish.
  var viewers = 0

  /// Everybody, room by room, the publishers first.
  var people: [Person] {
    (0..<rooms).flatMap { room in
      (0..<publishers + viewers).map { place in
        Person(room: room, place: place, publishers: publishers)
      }
    }
  }

  /// Somebody in it.
  struct Person {
    let room: Int
    /// The place in the room.
    let place: Int
    private let publishers: Int

    init(room: Int, place: Int, publishers: Int) {
      self.room = room
      self.place = place
      self.publishers = publishers
    }

    var publishes: Bool { place < publishers }
    /// The places in the room of those whom the person sees, in the order of the seats.
    var seen: [Int] { (0..<publishers).filter { $0 != place } }
    /// A number for the streams of one who publishes: unique, and not 0.
    var publisher: Int? { publishes ? 1 + room * publishers + place : nil }
    /// What the person agreed on.
    var plan: MediaPlan { Agreed.plan(publisher: publisher, seats: seen.count) }
  }
}
