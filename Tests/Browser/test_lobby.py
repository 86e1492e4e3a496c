"""The lobby, with raw clients that ignore the pages: PRODUCT features 14 to 17."""

import pytest

from clinic import Booking, Clinic
from raw import Client

#: All that moves somebody into a call, as somebody who waits would try it for themselves, and why
#: it does not.
WAYS_IN = {
    "lobby.admit": (lambda own: {"participant": own}, "not_permitted"),
    "lobby.admit_all": (lambda own: {}, "not_permitted"),
    "call.start": (lambda own: {}, "not_permitted"),
    "media.negotiate": (
        lambda own: {"offer": "v=0", "tracks": [], "seats": []}, "malformed_offer"
    ),
    "chat.send": (lambda own: {"text": "Släpp in mig"}, "not_in_call"),
    "share.start": (lambda own: {}, "not_in_call"),
    "pin.set": (lambda own: {"pins": []}, "not_in_call"),
    "participant.mute": (lambda own: {"participant": own, "muted": True}, "not_permitted"),
    "participant.hold": (lambda own: {"participant": own}, "not_permitted"),
    "call.end": (lambda own: {}, "not_permitted"),
}


def started(clinic: Clinic, **details) -> tuple[Client, Booking]:
    """A call with one member of staff in it."""
    staff = clinic.staff()
    booking = clinic.book(staff, **details)
    staff.request("call.start", visit=booking.visit)
    return staff, booking


def roster(client: Client) -> list[str]:
    """Who is in the call, as its staff is told when asking again."""
    snapshot = client.request("call.join")["snapshot"]
    return [person["id"] for person in snapshot["roster"]]


def waiting(client: Client) -> list[str]:
    snapshot = client.request("call.join")["snapshot"]
    return [person["participant"] for person in snapshot["lobby"]]


def test_feature_14_every_entry_rests_on_a_recorded_act_of_staff(clinic):
    staff = clinic.staff()
    booking = clinic.book(staff)
    # Early arrival: who comes before staff waits, and staff's coming alone lets nobody in.
    early = clinic.attendee(booking.visit, booking.people["patient"])
    own = early.request("call.join")["participant"]
    staff.request("call.start", visit=booking.visit)
    assert waiting(staff) == [own]

    # Nothing that a client says for itself makes an entry.
    for method, (params, reason) in WAYS_IN.items():
        assert early.refused(method, params(own)) == reason, method
    # Saying yes to being rung is not an act of staff's either.
    early.request("call.accept")
    assert early.request("call.join")["place"] == "lobby"
    # A token may claim what it likes: the clinic's policy caps it.
    second = clinic.attendee(booking.visit, clinic.person(), "guest", admission="direct")
    assert second.request("call.join")["place"] == "lobby"
    # Nor does coming back, in whatever way, change who waits.
    early.vanish()
    again = clinic.connect()
    again.enter(resume={
        "session": early.session["session"], "secret": early.session["resume_secret"], "seq": 0,
    })
    assert again.request("call.join")["place"] == "lobby"

    staff.request("lobby.admit", participant=own)
    assert again.expect("lobby.status")["status"] == "admitted"
    assert own in roster(staff)


def test_feature_14_entries_do_not_outlive_a_restart_without_their_act(clinic):
    doctor = clinic.person("staff")
    staff = clinic.staff(person=doctor)
    booking = clinic.book(staff)
    staff.request("call.start", visit=booking.visit)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    guest = clinic.attendee(booking.visit, clinic.person(), "guest")
    inside = patient.request("call.join")["participant"]
    guest.request("call.join")
    staff.request("lobby.admit", participant=inside)
    patient.expect("lobby.status", lambda told: told["status"] == "admitted")

    clinic.daemon.kill()
    clinic.daemon.start()
    sessions = {}
    for who, client in {"staff": staff, "patient": patient, "guest": guest}.items():
        credentials = (client.session["session"], client.session["resume_secret"])
        sessions[who] = clinic.connect()
        reason = sessions[who].refused(
            "session.open",
            resume={"session": credentials[0], "secret": credentials[1], "seq": 0},
        )
        assert reason == "session_unknown"
    returned = clinic.staff(visit=booking.visit)
    assert returned.refused("call.join") == "not_permitted"
    late = clinic.attendee(booking.visit, clinic.person(), "guest")
    assert late.request("call.join")["place"] == "lobby"
    # Who had been let in comes back to the lobby too, and in again by staff alone.
    back = clinic.attendee(booking.visit, booking.people["patient"])
    own = back.request("call.join")["participant"]
    assert back.request("call.join")["place"] == "lobby" and own != inside
    again = clinic.staff(person=doctor)
    snapshot = again.request("call.join", visit=booking.visit)["snapshot"]
    assert own in [entry["participant"] for entry in snapshot["lobby"]]
    assert back.told("lobby.status") == []
    again.request("lobby.admit", participant=own)
    assert back.expect("lobby.status")["status"] == "admitted"


@pytest.mark.parametrize("policy", ["everyone", "off"])
def test_feature_14_a_token_lets_one_in_at_a_time(clinic, policy):
    clinic.set(lobby=policy)
    staff, booking = started(clinic)
    token = clinic.token(
        booking.people["patient"], "patient", visit=booking.visit, name="Kim Berg",
        identified_by="e_id",
    )
    tabs = [clinic.connect(), clinic.connect()]
    for tab in tabs:
        tab.enter(token=token)
    places = [tab.request("call.join")["place"] for tab in tabs]
    assert places == ["call" if policy == "off" else "lobby", "lobby"]
    # Replayed by another transport, while the first is there.
    replayed = clinic.connect()
    replayed.enter(token=token)
    assert replayed.request("call.join")["place"] == "lobby"
    for tab in (tabs[1], replayed):
        tab.catch_up()
        assert tab.told("lobby.status") == []


@pytest.mark.parametrize("role", ["guest", "patient", "proxy"])
def test_feature_15_who_waits_learns_the_clinic_s_name_and_how_things_stand(clinic, role):
    proxy = {"person": clinic.person("proxy"), "name": "Robin Berg"}
    staff, booking = started(
        clinic, heading="Hosta och feber", description="Sedan tio dagar", proxies=[proxy]
    )
    other = clinic.attendee(booking.visit, clinic.person(), "guest", name="Alex Lind")
    other_waits = other.request("call.join")["participant"]
    person = {
        "guest": clinic.person(), "patient": booking.people["patient"], "proxy": proxy["person"],
    }[role]
    client = clinic.attendee(booking.visit, person, role, name="Sam Berg")
    own = client.request("call.join")["participant"]
    staff.request("lobby.admit", participant=other_waits)
    staff.request("chat.send", text="Nu kommer vi strax")
    assert client.refused("chat.send", text="Hallå") == "not_in_call"
    client.catch_up()

    assert client.session["clinic"]["name"]
    hidden = ["Alex Lind", "Nu kommer vi strax", "Sedan tio dagar", other_waits, '"roster"']
    shown = ["Hosta och feber", "Astrid Ek", "Allmänläkare"]
    if role == "guest":
        hidden += [*shown, booking.people["patient"], "Kim Berg"]
        shown = []
    for text in hidden:
        assert text not in client.heard
    for text in shown:
        assert text in client.heard

    staff.request("lobby.deny", participant=own)
    assert client.expect("lobby.status")["status"] == "denied"
    assert client.ended() == "denied"


def test_feature_16_staff_sees_the_lobby_and_admits_denies_or_admits_all(clinic):
    staff, booking = started(
        clinic, guests=[{"given_name": "Alex", "family_name": "Lind", "phone": "070-123 45 67",
                         "kind": "interpreter"}],
    )
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    alex = clinic.visitor_of(booking.invites[0]["id"])
    stranger = clinic.stranger(staff, booking.visit, name="Okänd")
    ids = {who: client.request("call.join")["participant"]
           for who, client in {"patient": patient, "alex": alex, "stranger": stranger}.items()}

    told = staff.expect("lobby.changed", lambda lobby: len(lobby["waiting"]) == 3)["waiting"]
    seen = {entry["participant"]: entry for entry in told}
    assert set(seen) == set(ids.values())
    assert seen[ids["patient"]]["identified_by"] == "e_id"
    assert seen[ids["alex"]]["entered_by"] == "personal_link"
    assert seen[ids["alex"]]["name"] == "Alex Lind"
    assert seen[ids["alex"]]["kind"] == "interpreter"
    assert seen[ids["stranger"]]["entered_by"] == "general_link"
    assert seen[ids["stranger"]]["identified_by"] == "general_link"
    assert [entry["since"] for entry in told] == sorted(entry["since"] for entry in told)

    staff.request("lobby.deny", participant=ids["stranger"])
    staff.request("lobby.admit", participant=ids["patient"])
    # Idempotent: once in, admitting again changes nothing.
    staff.request("lobby.admit", participant=ids["patient"])
    assert staff.request("lobby.admit_all")["admitted"] == [ids["alex"]]
    assert stranger.expect("lobby.status")["status"] == "denied"
    assert stranger.ended() == "denied"
    assert set(roster(staff)) >= {ids["patient"], ids["alex"]} and ids["stranger"] not in roster(staff)
    # What the lobby holds is staff's business alone.
    for client in (patient, alex):
        client.catch_up()
        assert ids["stranger"] not in client.heard and "lobby.changed" not in client.heard


#: Who comes straight in under each policy: called by a request, by a personal link, by the
#: general link, and by a second opening of the personal link.
POLICIES = {
    "everyone": (False, False, False, False),
    "links": (True, False, False, False),
    "general_link": (True, True, False, False),
    "off": (True, True, True, False),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_feature_16_the_clinic_s_policy_says_who_waits(clinic, policy):
    clinic.set(lobby=policy)
    staff, booking = started(
        clinic, guests=[{"given_name": "Alex", "family_name": "Lind", "phone": "0701234567"}]
    )
    called = clinic.attendee(booking.visit, booking.people["patient"])
    staff.request("call.request", person=booking.people["patient"])
    called.request("call.accept")
    named = clinic.visitor_of(booking.invites[0]["id"])
    general = clinic.stranger(staff, booking.visit)
    twice = clinic.visitor_of(booking.invites[0]["id"])
    places = [client.request("call.join")["place"] for client in (called, named, general, twice)]
    assert [place == "call" for place in places] == list(POLICIES[policy])


def test_feature_17_everybody_in_the_call_sees_who_is_connected(clinic):
    staff, booking = started(clinic)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    guest = clinic.attendee(booking.visit, clinic.person(), "guest", name="Alex Lind")
    ids = [client.request("call.join")["participant"] for client in (patient, guest)]
    staff.request("lobby.admit_all")

    for client in (patient, guest):
        snapshot = client.expect("lobby.status")["snapshot"]
        people = {person["id"] for person in snapshot["roster"]}
        assert people >= set(ids[:1]) and len(people) >= 2
    assert len(roster(staff)) == len(roster(patient)) == len(roster(guest)) == 3
    guest.vanish()
    for client in (staff, patient):
        left = client.expect("participant.changed", lambda told: told["participant"]["id"] == ids[1])
        assert left["participant"]["connection"] == "reconnecting"
    patient.request("call.leave")
    assert staff.expect("participant.left")["participant"] == ids[0]
