"""The lobby under races and malice: exactly one state results (S22), and nobody is fooled (S23 to S25)."""

import json
import random

import pytest

from clinic import Clinic
from daemon import encode
from raw import Client, Closed, Refused
from test_ending import in_call
from test_lobby import roster, started, waiting
from test_privacy import rows

ROUNDS = 20


def place(client: Client) -> str:
    """Where somebody is, as they are told when they ask again."""
    return client.request("call.join")["place"]


def resume(clinic: Clinic, client: Client, seq: int = 0) -> Client:
    """The same session on a new connection."""
    again = clinic.connect()
    again.enter(resume={
        "session": client.session["session"], "secret": client.session["resume_secret"],
        "seq": seq,
    })
    return again


def at_once(*acts: tuple[Client, str, dict]):
    """Has several people do something at the same time; some of it may be refused."""
    posted = [(client, client.post(method, params)) for client, method, params in acts]
    for client, identifier in posted:
        try:
            client.answer(identifier)
        except Refused:
            pass


@pytest.mark.parametrize("undo", ["lobby.deny", "participant.remove"])
def test_admitting_and_turning_away_at_once_leaves_one_state(clinic, undo):
    dice = random.Random(7)
    [second_id] = clinic.employ("Bo Alm")
    first, booking = started(clinic)
    first.request("visit.add_staff", visit=booking.visit, person=second_id)
    second = clinic.staff(person=second_id)
    second.request("call.join", visit=booking.visit)
    for round_number in range(ROUNDS):
        guest = clinic.attendee(booking.visit, clinic.person(), "guest")
        own = guest.request("call.join")["participant"]
        acts = [(first, "lobby.admit", {"participant": own}), (second, undo, {"participant": own})]
        dice.shuffle(acts)
        at_once(*acts)
        inside, outside = own in roster(first), own in waiting(first)
        # Admitted before the denial, who is in stays; a removal has the last word in any order.
        assert not outside, f"round {round_number}"
        if undo == "participant.remove":
            assert not inside, f"round {round_number}"
        assert inside == (own in roster(second))
        if inside:
            assert place(guest) == "call"
            first.request("participant.remove", participant=own)
        assert guest.ended() in ("denied", "removed")


def test_leaving_while_being_admitted_leaves_one_state(clinic):
    staff, booking = started(clinic)
    for round_number in range(ROUNDS):
        guest = clinic.attendee(booking.visit, clinic.person(), "guest")
        own = guest.request("call.join")["participant"]
        acts = [(staff, "lobby.admit", {"participant": own}), (guest, "call.leave", {})]
        at_once(*(acts if round_number % 2 else reversed(acts)))
        assert own not in roster(staff) and own not in waiting(staff), f"round {round_number}"
        assert guest.refused("chat.send", text="Kvar") == "not_in_call"
        # Knocking again is knocking anew: the admission is void.
        assert place(guest) == "lobby"
        guest.request("call.leave")


def test_nobody_gets_in_by_arriving_early_or_when_the_host_comes_back(clinic):
    staff = clinic.staff()
    booking = clinic.book(staff)
    early = clinic.attendee(booking.visit, booking.people["patient"])
    assert place(early) == "lobby"
    staff.request("call.start", visit=booking.visit)
    assert place(early) == "lobby"
    # The host drops out and comes back: nobody has been let in by that.
    staff.vanish()
    late = clinic.attendee(booking.visit, clinic.person(), "guest")
    assert place(late) == "lobby"
    staff = resume(clinic, staff)
    assert len(roster(staff)) == 1 and len(waiting(staff)) == 2
    assert place(early) == place(late) == "lobby"


def test_a_second_tab_waits_and_does_not_push_out_the_first(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    tab = clinic.attendee(booking.visit, booking.people["patient"])
    assert place(tab) == "lobby"
    assert place(patient) == "call"
    # Letting the second one in makes two entries, not one with two faces.
    second = tab.request("call.join")["participant"]
    staff.request("lobby.admit", participant=second)
    assert len(set(roster(staff))) == 3
    staff.request("participant.remove", participant=second)
    # Removed is the person, with all tabs.
    assert tab.ended() == "removed" and patient.ended() == "removed"
    assert len(roster(staff)) == 1


@pytest.mark.parametrize("act,reason", [("lobby.deny", "denied"), ("participant.remove", "barred")])
def test_who_was_turned_away_does_not_return_by_any_door(clinic, act, reason):
    staff, booking = started(clinic)
    person = clinic.person()
    guest = clinic.attendee(booking.visit, person, "guest")
    own = guest.request("call.join")["participant"]
    staff.request(act, participant=own)
    guest.ended()
    for _ in range(2):  # over WebSocket and over lines
        again = clinic.attendee(booking.visit, person, "guest", admission="direct")
        assert again.refused("call.join") == reason
        assert again.refused("media.negotiate", offer="v=0", tracks=[], seats=[]) == "not_joined"
    credentials = {"session": guest.session["session"], "seq": 0,
                   "secret": guest.session["resume_secret"]}
    assert clinic.connect().refused("session.open", resume=credentials) == "session_unknown"
    assert waiting(staff) == [] and len(roster(staff)) == 1


def test_a_restart_lets_nobody_in_who_waited(clinic):
    staff, booking = started(clinic)
    guests = [clinic.attendee(booking.visit, clinic.person(), "guest") for _ in range(4)]
    ids = [guest.request("call.join")["participant"] for guest in guests]
    staff.request("lobby.admit", participant=ids[0])
    # The daemon is killed in the middle of an admission: either it is on record, or it is not.
    staff.post("lobby.admit", {"participant": ids[1]})
    clinic.daemon.kill()
    clinic.daemon.start()
    token = clinic.token(staff.session["you"]["person"], "staff", name="Astrid Ek")
    host = clinic.connect()
    host.enter(token=token)
    host.request("call.join", visit=booking.visit)
    inside, outside = set(roster(host)), set(waiting(host))
    assert ids[0] in inside, "who was let in before is"
    assert not inside & set(ids[2:]), "who waited has not come in"
    for person in ids[2:]:
        assert host.refused("participant.mute", participant=person, muted=True) == (
            "participant_not_in_call")
    # The one in between is in one place, the same in what staff sees and in the log.
    admitted = {row["subject"] for row in rows(clinic, booking.visit)
                if row["action"] == "participant.admitted"}
    assert (ids[1] in inside) != (ids[1] in outside)
    assert (ids[1] in inside) == (ids[1] in admitted)


def test_the_server_stamps_the_sender(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    host = roster(staff)[0]
    forged = {"participant": host, "name": "Astrid Ek", "role": "staff", "from": host, "you": True,
              "id": "cht_forged", "at": 0, "html": "<script>", "text": "Jag är läkaren"}
    patient.request("chat.send", forged)
    told = staff.expect("chat.message")
    assert told["participant"] != host and told["role"] == "patient" and told["name"] == "Kim Berg"
    assert told["id"] != "cht_forged" and told["at"] > 0 and "html" not in told
    # Nothing that is not of the protocol goes through.
    assert set(told) <= {"seq", "id", "participant", "name", "role", "you", "text", "at"}


@pytest.mark.parametrize("text", [
    "{", "[" * 5_000, "\x00", '{"jsonrpc":"2.0","id":1,"id":2,"method":"call.end"}', "null", "[]",
    '{"jsonrpc":"2.0","id":1,"method":"call.end","params":' + '{"a":' * 500 + "1" + "}" * 501,
    '"' + "x" * 70_000 + '"', '{"jsonrpc":"2.0","id":1e400,"method":"call.end"}',
])
def test_a_malformed_message_costs_its_sender_alone(clinic, text):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    for _ in range(2):  # over WebSocket and over lines
        broken = clinic.connect()
        try:
            broken.send(text)
            broken.catch_up()
        except (Closed, Refused, TypeError, OSError):
            pass
    assert len(roster(staff)) == len(roster(patient)) == 2
    assert staff.told("participant.left") == [] and staff.told("call.ended") == []


def test_a_bad_token_for_somebody_else_has_no_effect_on_them(clinic, other_clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    person = booking.people["patient"]
    good = clinic.token(person, "patient", visit=booking.visit, name="Kim Berg")
    head, payload, mac = good.split(".")
    none = encode(json.dumps({"alg": "none", "typ": "JWT"}))
    bad = [
        f"{head}.{payload}.{encode(b'0' * 32)}",
        f"{none}.{payload}.",
        f"{none}.{payload}.{mac}",
        other_clinic.token(person, "patient", visit=booking.visit, clinic=clinic.id),
        other_clinic.token(person, "patient", visit=booking.visit),
        clinic.token(person, "staff", visit="vis_unknown", name="Kim Berg"),
    ]
    for token in bad:
        with pytest.raises(Refused) as refusal:
            clinic.connect().enter(token=token)
        assert refusal.value.code == -32001
    assert place(patient) == "call" and len(roster(staff)) == 2
    assert staff.told("participant.changed") == [] and staff.told("participant.left") == []
