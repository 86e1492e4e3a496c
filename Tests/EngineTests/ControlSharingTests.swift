import Engine
import Primitives
import Signaling
import Testing
import Visits
import Wire

/// Shared screens as the relay is told of them: by role and clinic, several at once, and never
/// one that is only sent.
@Suite struct ControlSharingTests {
  /// Staff (peer 1), the patient (peer 2) and a guest (peer 3) in a call, all offering a screen;
  /// staff can see as many of them as `screens`.
  private struct Call {
    var bench: ControlBench
    let staff: ConnectionID
    let patient: ConnectionID
    let guest: ConnectionID
    /// Their participants.
    let people: [ConnectionID: JSON]

    init(screens: Int = 2, inPlaceOfTheCamera: Bool = false) throws {
      var settings = ClinicSettings(lobby: .off)
      settings.sharing = [.patient, .guest]
      settings.shareReplacesCamera = inPlaceOfTheCamera
      bench = try ControlBench(settings: settings)
      staff = bench.staff()
      patient = bench.patient()
      guest = bench.guest()
      var people: [ConnectionID: JSON] = [:]
      for (connection, method) in [
        (staff, "call.start"), (patient, "call.join"), (guest, "call.join"),
      ] {
        people[connection] = bench.call(connection, method)["participant"]
        var offer = ControlOffer()
        offer.sendsScreen = true
        offer.screens = screens
        _ = bench.negotiate(connection, offer)
      }
      self.people = people
      for connection in [staff, patient, guest] { _ = bench.take(connection) }
    }

    /// Whose screens staff has been told of since the last time, in order.
    mutating func screensTold() -> [JSON?] {
      var told: [JSON?] = []
      for notification in bench.take(staff) where notification.method == "seats.changed" {
        for seat in notification.params["seats"]?.array ?? [] where seat["source"] == "screen" {
          told.append(seat["participant"])
        }
      }
      return told
    }

    /// What the relay was told last to let through of a peer.
    func open(_ number: UInt64) -> Set<MediaSource>? {
      var open: Set<MediaSource>?
      for case .openSources(let peer, let sources) in bench.commands where peer.value == number {
        open = sources
      }
      return open
    }
  }

  @Test func aScreenThatIsOnlySentIsForwardedToNobody() throws {
    var call = try Call()
    call.bench.call(call.guest, "self.update", ["camera": true])
    #expect(call.open(3) == [.camera])
    #expect(call.screensTold() == [])
  }

  @Test func severalScreensAreSeenAtOnce() throws {
    var call = try Call()
    for connection in [call.patient, call.guest] { call.bench.call(connection, "share.start") }
    #expect(call.open(2) == [.screen])
    #expect(call.open(3) == [.screen])
    #expect(call.screensTold() == [call.people[call.patient], call.people[call.guest]])
    call.bench.call(call.patient, "share.stop")
    #expect(call.open(2) == [])
    #expect(call.open(3) == [.screen])
    #expect(call.screensTold() == [.null])
  }

  @Test func whereOneScreenFitsThePinnedOneIsSeen() throws {
    var call = try Call(screens: 1)
    for connection in [call.patient, call.guest] { call.bench.call(connection, "share.start") }
    #expect(call.screensTold() == [call.people[call.patient]])
    let guest = call.people[call.guest] ?? .null
    call.bench.call(call.staff, "pin.set", ["pins": [["participant": guest, "source": "screen"]]])
    // The seat is blanked, and given when the client says that it shows nothing there.
    let told = call.bench.take(call.staff).first { $0.method == "seats.changed" }
    let seat = try #require(told?.params["seats"]?.array?.first)
    #expect(seat["participant"] == .null)
    call.bench.call(
      call.staff, "seats.acknowledge",
      ["seats": [["seat": seat["seat"] ?? .null, "epoch": seat["epoch"] ?? .null]]])
    #expect(call.screensTold() == [guest])
  }

  @Test func aScreenStandsBesideTheCameraOrInItsPlace() throws {
    for inPlaceOfTheCamera in [false, true] {
      var call = try Call(inPlaceOfTheCamera: inPlaceOfTheCamera)
      call.bench.call(call.guest, "self.update", ["camera": true])
      _ = call.bench.take(call.staff)
      call.bench.call(call.guest, "share.start", ["audio": true])
      let screen: Set<MediaSource> = [.screen, .screenAudio]
      #expect(call.open(3) == (inPlaceOfTheCamera ? screen : screen.union([.camera])))
      let shown = call.bench.take(call.staff).first { $0.method == "participant.changed" }
      #expect(shown?.params["participant"]?["camera"] == (inPlaceOfTheCamera ? false : nil))
      call.bench.call(call.guest, "share.stop")
      #expect(call.open(3) == [.camera])
    }
  }

  @Test func whoIsHeldOrLeavesShowsNoScreenAnyMore() throws {
    var call = try Call()
    for connection in [call.patient, call.guest] { call.bench.call(connection, "share.start") }
    _ = call.screensTold()
    let guest = call.people[call.guest] ?? .null
    call.bench.call(call.staff, "participant.hold", ["participant": guest])
    #expect(call.open(3) == [])
    #expect(call.screensTold() == [.null])
    call.bench.call(call.staff, "lobby.admit", ["participant": guest])
    #expect(call.open(3) == [])
    call.bench.call(call.patient, "call.leave")
    #expect(call.bench.commands.contains(.remove(PeerNumber(2))))
    #expect(call.screensTold() == [.null])
  }

  @Test func whoWaitsSharesNothing() throws {
    var bench = try ControlBench()
    bench.call(bench.staff(), "call.start")
    let guest = bench.guest()
    bench.call(guest, "call.join")
    #expect(bench.call(guest, "share.start")["data"]?["reason"] == "not_in_call")
  }
}
