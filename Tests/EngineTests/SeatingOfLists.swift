import Engine
import Signaling
import Visits

extension Seating {
  /// Seats those of a list in which the viewer is not.
  mutating func arrange(
    _ candidates: [Candidate], pins: [Pin] = [], speakers: [ParticipantID] = [],
    views: [SeatView] = []
  ) -> Outcome {
    arrange(Candidates(candidates), pins: pins, speakers: speakers, views: views)
  }
}
