"""How calls end and what comes after, with raw clients: PRODUCT features 27 to 29."""

import json
import sqlite3
import time
from contextlib import closing

import pytest

from offer import make_offer
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
    # Under the widest policy, only the want of staff keeps anybody out.
    clinic.set(waits_for_staff=6, lobby="off")
    staff, booking = started(clinic)
    secret = staff.request("invite.link", visit=booking.visit, action="get")["link"]
    secret = secret.partition("#invite=")[2]
    patient, guest = (
        clinic.attendee(booking.visit, booking.people["patient"]),
        clinic.visitor(secret, name="Tolken"),
    )
    for client in (patient, guest):
        assert client.request("call.join")["place"] == "call"
    # Staff drops out, and does not come back within the time that a place is kept.
    staff.vanish()
    give_up = time.monotonic() + 45
    while "waiting_for_staff" not in patient.heard:
        assert time.monotonic() < give_up
        patient.listen(0.5)
    for client in (patient, guest):
        assert client.expect("call.waiting_for_staff")["ends_at"]
        # Those in it stay together, and nobody has become more than they were.
        assert len(roster(client)) == 2
        assert client.refused("lobby.admit_all") == "not_permitted"
        assert client.refused("call.end") == "not_permitted"
        assert client.refused("visit.takeover") == "not_permitted"
    patient.request("chat.send", text="Kommer någon?")
    assert guest.expect("chat.message")["text"] == "Kommer någon?"
    late = clinic.visitor(secret, name="Sen")
    assert late.request("call.join")["place"] == "lobby"
    assert late.told("lobby.status") == []
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
    patient.request("media.report", round_trip_ms=40, loss_receiving_permille=7)
    never_in = clinic.attendee(booking.visit, clinic.person(), "guest")
    never_in.request("call.join")
    staff.request("call.end")
    for client in (staff, patient, guest):
        client.expect("call.ended")

    answer = {"scale": "five_grades", "grade": 2, "details": ["bad_sound"]}
    for wrong, reason in (
        ({**answer, "grade": 6}, "out_of_range"), ({**answer, "grade": 4}, "bad_argument"),
        ({"scale": "yes_no", "had_problems": True}, "bad_argument"),
    ):
        assert staff.refused("feedback.submit", wrong) == reason
    # A guest, and who was never in, have nothing to rate: their sessions are over.
    assert guest.ended() == "call_ended"
    assert never_in.ended() == "call_ended"
    staff.request("feedback.submit", answer)
    assert staff.refused("feedback.submit", {**answer, "grade": 1}) == "already_rated"
    if patients_rate:
        # Alive for the rating alone: `after_call` can do nothing else.
        for method, params in (
            ("chat.send", {"text": "Hej"}), ("call.join", {}), ("share.start", {}),
            ("invite.link", {"action": "get"}), ("self.update", {"name": "Annan"}),
            ("probe.start", make_offer(persons=0)), ("media.report", {"round_trip_ms": 1}),
        ):
            assert patient.refused(method, params) == "call_ended", method
        patient.request("feedback.submit", {**answer, "grade": 5, "details": []})
        assert patient.ended() == "after_call_over"
        give_up = time.monotonic() + 10
        while len(kept := ratings(clinic)) < 2:
            assert time.monotonic() < give_up, "a rating that was taken is not on record"
        measured = [rating.get("measured") for rating in kept]
        assert measured[0] is None and "40" in str(measured[1]) and "7" in str(measured[1])
    else:
        assert patient.ended() == "call_ended"


def ratings(clinic) -> list[dict]:
    """What is on record of the ratings, oldest first."""
    with closing(sqlite3.connect(clinic.daemon.state / "samtal.db")) as database:
        rows = database.execute("SELECT payload FROM events ORDER BY position").fetchall()
    payloads = [json.loads(payload) for (payload,) in rows]
    return [payload["feedback"] for payload in payloads if payload["type"] == "call.rated"]


def test_feature_28_who_left_by_a_link_rates_once_the_call_is_over(clinic):
    clinic.set(patients_rate=True)
    staff, booking = started(clinic)
    invite = next(entry["id"] for entry in booking.invites if entry["role"] == "patient")
    patient, second = clinic.visitor_of(invite), clinic.visitor_of(invite)
    for client in (patient, second):
        staff.request("lobby.admit", participant=client.request("call.join")["participant"])
    patient.request("call.leave")
    staff.request("call.end")
    assert patient.expect("call.ended")["rating"]["scale"] == "yes_no"
    # A second opening is nobody who was in the call by name.
    assert second.ended() == "call_ended"
    assert patient.refused("call.join") == "call_ended"
    patient.request("feedback.submit", scale="yes_no", had_problems=False)
    assert patient.ended() == "after_call_over"


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
