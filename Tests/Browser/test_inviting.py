"""Links that are made during a call, with raw clients: PRODUCT feature 24."""

from raw import Client
from test_ending import in_call
from test_lobby import started


def test_feature_24_staff_invites_into_the_ongoing_call(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    assert {entry["role"] for entry in staff.request("invite.list")["invites"]} <= {"patient"}
    answer = staff.request("invite.create", recipients=[
        {"phone": "+46 70 123 45 67"},
        {"phone": "070-765 43 21", "given_name": "Alex", "family_name": "Lind"},
        {"phone": "12", "given_name": "Bo"},
        {"email": "bo.alm@example.org"},
        {"email": "no address"},
        {"given_name": "Cilla"},
    ])["invites"]
    assert [entry["status"] for entry in answer] == [
        "accepted", "accepted", "refused", "accepted", "refused", "refused",
    ]
    assert [entry.get("reason") for entry in answer][2::2] == ["bad_phone_number", "bad_email"]
    listed = {entry["id"]: entry for entry in staff.request("invite.list")["invites"]}
    nameless, alex, bo = (entry["invite"]["id"] for entry in answer if entry["status"] == "accepted")
    assert listed[nameless]["phone"] == "+46701234567"
    assert listed[alex]["phone"] == "+46707654321" and listed[alex]["name"] == "Alex Lind"
    assert [channel["channel"] for channel in listed[bo]["channels"]] == ["email"]
    assert listed[alex]["state"] in ("queued", "sent")

    # A nameless guest gives a name at the door; the state follows them.
    guest = clinic.visitor_of(nameless, name="Doris")
    own = guest.request("call.join")["participant"]
    assert state_of(staff, nameless) == "waiting"
    staff.request("lobby.admit", participant=own)
    assert state_of(staff, nameless) == "joined"
    assert "Doris" in {p["name"] for p in staff.request("call.join")["snapshot"]["roster"]}
    clinic.visitor_of(alex)
    assert state_of(staff, alex) == "opened"
    staff.request("invite.resend", invite=bo)
    staff.request("invite.revoke", invite=bo)
    assert state_of(staff, bo) == "revoked"
    assert clinic.connect().refused("session.open", invite=clinic.link_secret(bo)) == (
        "invite_refused"
    )
    # Nobody else invites, or learns who was.
    for client in (patient, guest):
        assert client.refused("invite.create", recipients=[{"phone": "0701234567"}]) == (
            "not_permitted"
        )
        assert client.refused("invite.list") == "not_permitted"
        client.catch_up()
        assert "+46707654321" not in client.heard and "bo.alm" not in client.heard


def test_feature_24_staff_follows_what_was_sent_and_a_colleague_is_sent_nothing(
    sending_clinic, post
):
    clinic = sending_clinic
    [colleague_id] = clinic.employ("Bo Alm")
    staff, booking = started(clinic)
    colleague = clinic.staff(name="Bo Alm", person=colleague_id)
    post.unknown.add("bo.alm@example.org")
    answer = staff.request("invite.create", recipients=[
        {"phone": "070-765 43 21"}, {"email": "bo.alm@example.org"},
    ])["invites"]
    arrives, fails = (entry["invite"]["id"] for entry in answer)
    for invite, state in ((arrives, "sent"), (fails, "failed")):
        staff.expect("invite.changed", lambda told: (
            (told["invite"]["id"], told["invite"]["state"]) == (invite, state)
        ))
        assert state_of(staff, invite) == state
    first = post.expect("+46707654321")
    staff.request("invite.resend", invite=arrives)
    second = post.expect("+46707654321", count=2)
    assert second.secret == first.secret and second.key != first.key
    # A colleague is pushed the visit, and gets no message.
    before = len(post.messages)
    staff.request("visit.add_staff", visit=booking.visit, person=colleague_id)
    colleague.expect("visit.changed", lambda told: told["visit"]["relation"] == "added")
    post.unknown.clear()
    staff.request("invite.resend", invite=fails)
    post.expect("bo.alm@example.org")
    assert len(post.messages) == before + 1


def state_of(staff: Client, invite: str) -> str:
    entries = staff.request("invite.list")["invites"]
    return next(entry["state"] for entry in entries if entry["id"] == invite)
