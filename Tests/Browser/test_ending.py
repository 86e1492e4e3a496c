"""How calls end and what comes after, with raw clients: PRODUCT features 27 to 29."""

import pytest

from raw import Client
from test_lobby import roster, started


def in_call(clinic, staff: Client, booking, role: str = "patient", **options) -> Client:
    """Somebody whom staff has let in."""
    person = booking.people["patient"] if role == "patient" else clinic.person(role)
    client = clinic.attendee(booking.visit, person, role, **options)
    own = client.request("call.join")["participant"]
    staff.request("lobby.admit", participant=own)
    client.expect("lobby.status", lambda told: told["status"] == "admitted")
    return client


def test_feature_27_only_staff_ends_the_call_and_others_leave(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    for client in (patient, guest):
        assert client.refused("call.end") == "not_permitted"
    guest.request("call.leave")
    assert staff.expect("participant.left")["reason"] == "left"
    assert guest.refused("chat.send", text="Kvar?") == "not_in_call"
    staff.request("call.end")
    assert patient.expect("call.ended")["reason"] == "ended_by_staff"
    assert patient.ended() == "call_ended"


def test_feature_27_a_call_without_staff_waits_lets_nobody_in_and_ends(clinic):
    clinic.set(waits_for_staff=3)
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    late = clinic.attendee(booking.visit, clinic.person(), "guest")
    late.request("call.join")
    staff.request("call.leave")
    for client in (patient, guest):
        assert client.expect("call.waiting_for_staff")["ends_at"]
        # Those in it stay together, and nobody has become more than they were.
        assert len(roster(client)) == 2
        assert client.refused("lobby.admit_all") == "not_permitted"
        assert client.refused("call.end") == "not_permitted"
        assert client.refused("visit.takeover") == "not_permitted"
    patient.request("chat.send", text="Kommer någon?")
    assert guest.expect("chat.message")["text"] == "Kommer någon?"
    latest = clinic.attendee(booking.visit, clinic.person(), "guest")
    assert latest.request("call.join")["place"] == "lobby"
    assert late.told("lobby.status") == [] or late.request("call.join")["place"] == "lobby"
    for client in (patient, guest):
        assert client.expect("call.ended")["reason"] == "no_staff"


def test_feature_27_staff_with_a_right_to_the_visit_comes_in_and_takes_over(clinic):
    [colleague_id] = clinic.employ("Bo Alm")
    staff, booking = started(clinic)
    staff.request("visit.add_staff", visit=booking.visit, person=colleague_id)
    patient = in_call(clinic, staff, booking)
    staff.request("call.leave")
    patient.expect("call.waiting_for_staff")
    stranger = clinic.staff(name="Cilla Dahl")
    for method in ("call.join", "visit.takeover"):
        assert stranger.refused(method, visit=booking.visit) == "not_permitted"
    colleague = clinic.staff(name="Bo Alm", person=colleague_id)
    assert colleague.request("call.join", visit=booking.visit)["place"] == "call"
    patient.expect("call.started", lambda told: told["call"]["state"] == "open")
    responsible = colleague.request("visit.takeover", visit=booking.visit)["responsible"]
    assert responsible["name"] == "Bo Alm"
    changed = patient.expect(
        "participant.changed", lambda told: told["participant"]["name"] == "Bo Alm"
    )
    assert changed["participant"]["responsible"]


@pytest.mark.parametrize("patients_rate", [False, True])
def test_feature_28_afterwards_those_who_were_in_the_call_rate_it(clinic, patients_rate):
    clinic.set(rating_scale="five_grades", patients_rate=patients_rate)
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    never_in = clinic.attendee(booking.visit, clinic.person(), "guest")
    never_in.request("call.join")
    staff.request("call.end")
    for client in (staff, patient, guest):
        client.expect("call.ended")

    answer = {"scale": "five_grades", "grade": 2, "details": ["bad_sound"]}
    assert staff.refused("feedback.submit", {**answer, "grade": 6})
    assert staff.refused("feedback.submit", scale="yes_no", had_problems=True)
    # A guest, and who was never in, have nothing to rate: their sessions are over.
    assert guest.ended() == "call_ended"
    assert never_in.ended() == "call_ended"
    staff.request("feedback.submit", answer)
    assert staff.refused("feedback.submit", {**answer, "grade": 1}) in (
        "already_rated", "nothing_to_rate",
    )
    if patients_rate:
        # Alive for the rating alone: `after_call` can do nothing else.
        for method, params in (
            ("chat.send", {"text": "Hej"}), ("call.join", {}), ("share.start", {}),
            ("invite.link", {"action": "get"}), ("self.update", {"name": "Annan"}),
        ):
            patient.refused(method, params)
        patient.request("feedback.submit", {**answer, "grade": 5, "details": []})
        assert patient.ended() == "after_call_over"
    else:
        assert patient.ended() == "call_ended"


def test_feature_28_a_clinic_can_ask_for_yes_or_no(clinic):
    clinic.set(rating_scale="yes_no")
    staff, _ = started(clinic)
    staff.request("call.end")
    assert staff.refused("feedback.submit", scale="five_grades", grade=4)
    staff.request("feedback.submit", scale="yes_no", had_problems=False)


def test_feature_29_admissions_end_with_the_call_and_links_work_when_the_next_one_starts(clinic):
    staff, booking = started(
        clinic, guests=[{"given_name": "Alex", "family_name": "Lind", "phone": "0701234567"}]
    )
    invite = booking.invites[0]["id"]
    patient = in_call(clinic, staff, booking)
    alex = clinic.visitor_of(invite)
    staff.request("lobby.admit", participant=alex.request("call.join")["participant"])
    alex.expect("lobby.status", lambda told: told["status"] == "admitted")
    staff.request("call.end")
    for client in (patient, alex):
        client.expect("call.ended")
        assert client.ended() == "call_ended"

    # Between calls the link opens nothing that could be entered.
    late = clinic.visitor_of(invite)
    assert late.refused("call.join") == "call_ended"
    staff.request("call.start", visit=booking.visit)
    again = clinic.visitor_of(invite)
    assert again.request("call.join")["place"] == "lobby"
    back = clinic.attendee(booking.visit, booking.people["patient"])
    assert back.request("call.join")["place"] == "lobby"

    staff.request("call.end")
    staff.request("visit.close", visit=booking.visit)
    closed = clinic.connect()
    assert closed.refused("session.open", invite=clinic.link_secret(invite)) == "invite_refused"
    assert staff.refused("call.start", visit=booking.visit) == "visit_closed"
