"""What people do in a call, with raw clients: PRODUCT features 18 to 23 and 26."""

import time

from offer import make_offer
from raw import Client, Refused
from test_ending import in_call
from test_lobby import roster, started


def me(client: Client) -> dict:
    """One's own entry in the roster."""
    people = client.request("call.join")["snapshot"]["roster"]
    return next(person for person in people if person["you"])


def test_feature_18_everybody_switches_their_own_camera_and_microphone_only(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    for client in (staff, patient, guest):
        client.request("self.update", microphone=True, camera=True)
        client.request("self.update", camera=False)
        assert (me(client)["microphone"], me(client)["camera"]) == (True, False)
    own = me(patient)["id"]
    told = guest.expect(
        "participant.changed",
        lambda told: told["participant"]["id"] == own and told["participant"]["microphone"],
    )
    assert not told["participant"]["muted_by_staff"]
    # There is no way to name another one: the server knows whose session it is.
    guest.request("self.update", participant=own, microphone=False)
    assert me(patient)["microphone"] and not me(guest)["microphone"]
    # And none to claim what staff has decided or another name.
    guest.request("self.update", muted_by_staff=True, role="staff", hand_raised=False)
    assert me(guest)["role"] == "guest" and not me(guest)["muted_by_staff"]
    assert guest.refused("self.update", name="Astrid Ek") == "name_fixed"


def test_feature_19_staff_in_the_call_mutes_and_the_two_flags_stay_apart(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    own = me(patient)["id"]
    patient.request("self.update", microphone=True)

    for client in (guest, patient):
        assert client.refused("participant.mute", participant=own, muted=True) == "not_permitted"
    outside = clinic.staff(person=clinic.person("staff"))
    assert outside.refused("participant.mute", participant=own, muted=True) in (
        "not_in_call", "visit_not_found",
    )
    assert staff.request("participant.mute", participant=own, muted=True)["muted"]
    told = guest.expect("participant.changed", lambda told: told["participant"]["muted_by_staff"])
    assert told["participant"]["microphone"], "the person's own flag is not staff's"
    # Staff lifting the mute clears theirs only and switches nothing on.
    patient.request("self.update", microphone=False)
    assert not staff.request("participant.mute", participant=own, muted=False)["muted"]
    assert (me(patient)["microphone"], me(patient)["muted_by_staff"]) == (False, False)
    # The person unmuting themselves clears both.
    staff.request("participant.mute", participant=own, muted=True)
    patient.request("self.update", microphone=True)
    assert (me(patient)["microphone"], me(patient)["muted_by_staff"]) == (True, False)


def test_feature_20_a_pin_is_per_viewer_and_survives_a_reconnect(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    people = roster(staff)
    pins = [{"participant": person, "source": "camera"} for person in people[:2]]
    guest.request("pin.set", pins=pins)
    guest.vanish()
    again = clinic.connect()
    again.enter(resume={
        "session": guest.session["session"], "secret": guest.session["resume_secret"],
        "seq": 10_000,
    })
    assert again.session["snapshot"]["pins"] == pins
    for client in (staff, patient):
        assert client.request("call.join")["snapshot"]["pins"] == []
        assert "pins" not in "".join(str(told) for told in client.notifications)
    assert again.refused("pin.set", pins=[{"participant": people[0], "source": "microphone"}])
    waiting = clinic.attendee(booking.visit, clinic.person(), "guest")
    waiting.request("call.join")
    assert waiting.refused("pin.set", pins=pins) == "not_in_call"


def until_seated(client: Client, participant: str):
    """Waits until somebody sits on the one seat, blanking it for those who go as a page does."""
    while True:
        [seat] = client.expect("seats.changed")["seats"]
        if seat["participant"] == participant:
            return
        if seat["participant"] is None:
            client.request("seats.acknowledge", seats=[{"seat": 0, "epoch": seat["epoch"]}])


def test_feature_20_a_pin_decides_who_sits_first_and_does_so_after_a_reconnect(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    for client in (staff, patient, guest):
        client.request("media.negotiate", make_offer(persons=1))
    first, second = me(staff)["id"], me(patient)["id"]
    until_seated(guest, first)
    guest.request("pin.set", pins=[{"participant": second, "source": "camera"}])
    until_seated(guest, second)
    # It is the guest's alone.
    until_seated(patient, first)
    assert second in str(staff.told("seats.changed"))
    guest.vanish()
    again = clinic.connect()
    again.enter(resume={
        "session": guest.session["session"], "secret": guest.session["resume_secret"],
        "seq": 10_000,
    })
    [seat] = again.session["snapshot"]["seats"]
    assert seat["participant"] == second
    # Without the pin, who sits stays; the next one comes when the seat is free.
    again.request("pin.set", pins=[])
    patient.request("call.leave")
    until_seated(again, first)


def test_feature_21_who_may_share_a_screen(clinic):
    clinic.set(sharing=["patient"])
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    assert guest.refused("share.start") == "share_not_enabled"
    # Several at once, told to all, by the source that is shared.
    staff.request("share.start", audio=True)
    patient.request("share.start")
    for client in (staff, patient, guest):
        people = client.request("call.join")["snapshot"]["roster"]
        assert sum(person["sharing"] for person in people) == 2
    assert guest.expect("share.changed")
    patient.request("share.stop")
    staff.request("share.stop")
    people = guest.request("call.join")["snapshot"]["roster"]
    assert not any(person["sharing"] for person in people)
    # What the clinic takes back is taken back at once, from who shares now too.
    own = me(patient)["id"]
    patient.request("share.start")
    guest.expect("share.changed", lambda t: t["participant"] == own and t["sharing"])
    guest.told("share.changed")
    clinic.set(sharing=[])
    assert not guest.expect("share.changed", lambda t: t["participant"] == own)["sharing"]
    assert not me(patient)["sharing"]
    assert patient.refused("share.start") == "share_not_enabled"
    staff.request("share.start")


def test_feature_21_a_phone_shares_no_screen_and_the_camera_s_place_is_the_clinic_s_choice(clinic):
    clinic.set(sharing=["patient", "guest"], share_replaces_camera=True)
    staff, booking = started(clinic)
    phone = in_call(clinic, staff, booking, device="phone")
    assert phone.refused("share.start") == "computer_required"
    guest = in_call(clinic, staff, booking, "guest")
    guest.request("self.update", camera=True)
    guest.request("share.start")
    assert not me(guest)["camera"]
    guest.request("share.stop")
    assert me(guest)["camera"], "it was on before"
    guest.request("self.update", camera=False)
    guest.request("share.start")
    guest.request("share.stop")
    assert not me(guest)["camera"], "it was off before"


def test_feature_22_chat_reaches_those_who_are_in_the_call_when_it_is_sent(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    guest = in_call(clinic, staff, booking, "guest")
    waiting = clinic.attendee(booking.visit, clinic.person(), "guest")
    own = waiting.request("call.join")["participant"]

    # Whoever reconnects within the time gets what was sent meanwhile.
    away = me(guest)["id"]
    guest.vanish()
    gone = me(staff)["id"]
    staff.expect("participant.changed", lambda t: t["participant"]["connection"] == "reconnecting")
    sent = patient.request("chat.send", text="Första", sender=gone)
    assert sent["id"] and set(sent["recipients"]) == {me(staff)["id"], away}
    told = staff.expect("chat.message")
    # The server stamps the sender, whatever the message says.
    assert told["text"] == "Första" and told["participant"] == me(patient)["id"]
    again = clinic.connect()
    again.enter(resume={
        "session": guest.session["session"], "secret": guest.session["resume_secret"], "seq": 0,
    })
    again.catch_up()
    assert "Första" in again.heard

    # Nobody later, and nobody who waits.
    staff.request("lobby.admit", participant=own)
    snapshot = waiting.expect("lobby.status")["snapshot"]
    assert "Första" not in str(snapshot)
    staff.request("chat.send", text="Andra")
    assert waiting.expect("chat.message")["text"] == "Andra"
    # Who is held loses it.
    staff.request("participant.hold", participant=own)
    waiting.expect("lobby.status", lambda told: told["status"] == "held")
    assert waiting.refused("chat.send", text="Tredje") == "not_in_call"
    staff.request("chat.send", text="Fjärde")
    staff.request("lobby.admit", participant=own)
    snapshot = waiting.expect("lobby.status", lambda t: t["status"] == "admitted")["snapshot"]
    assert "Andra" not in str(snapshot)
    waiting.catch_up()
    assert "Fjärde" not in waiting.heard and "Första" not in waiting.heard
    # Not by saying that one has missed it either, while held or when let in again.
    staff.request("chat.send", text="Femte")
    assert waiting.expect("chat.message")["text"] == "Femte"
    held = resumed_after(clinic, waiting, lambda: (
        staff.request("participant.hold", participant=own)
    ))
    assert held.session["snapshot"] == {"call": {"place": "lobby"}}
    assert "Femte" not in held.heard and "participant." not in held.heard

    # All of it is gone when the call ends.
    doctor = resumed_after(clinic, staff, lambda: clinic.api(
        "DELETE", f"/v1/visits/{booking.visit}/call"
    ))
    for text in ("Första", "Andra", "Femte"):
        assert text not in doctor.heard
    doctor.request("call.start", visit=booking.visit)
    doctor.catch_up()
    assert "Andra" not in str(doctor.request("call.join"))


def resumed_after(clinic, client: Client, act) -> Client:
    """The same session on another connection, which claims to have seen nothing of what came
    before something was done."""
    client.vanish()
    act()
    again = clinic.connect()
    again.enter(resume={
        "session": client.session["session"], "secret": client.session["resume_secret"],
        "seq": client.session["seq"],
    })
    again.catch_up()
    return again


def test_feature_23_the_participant_list_says_of_each_who_and_how(clinic):
    proxy_id = clinic.person("proxy")
    clinic.set(sharing=["guest"])
    staff, booking = started(
        clinic, proxies=[{"person": proxy_id, "name": "Robin Berg"}],
        guests=[{"given_name": "Alex", "family_name": "Lind", "phone": "0701234567",
                 "kind": "interpreter"}],
    )
    in_call(clinic, staff, booking)
    alex = clinic.visitor_of(booking.invites[0]["id"])
    staff.request("lobby.admit", participant=alex.request("call.join")["participant"])
    alex.request("self.update", hand_raised=True, microphone=True)
    # Shared screens are entries, and the connection's quality is what the client measures.
    alex.request("share.start")
    alex.request("media.report", round_trip_ms=700)
    told = staff.expect("quality.changed")
    assert (told["participant"], told["quality"]) == (me(alex)["id"], "poor")
    staff.request("media.report", round_trip_ms=20)
    people = staff.request("call.join")["snapshot"]["roster"]
    by_name = {person["name"]: person for person in people}
    assert set(by_name) == {"Astrid Ek", "Kim Berg", "Alex Lind"}
    assert by_name["Astrid Ek"]["responsible"] and by_name["Astrid Ek"]["you"]
    assert not by_name["Kim Berg"]["responsible"] and not by_name["Kim Berg"]["you"]
    assert {name: person["role"] for name, person in by_name.items()} == {
        "Astrid Ek": "staff", "Kim Berg": "patient", "Alex Lind": "guest",
    }
    assert {name: person["identified_by"] for name, person in by_name.items()} == {
        "Astrid Ek": "staff", "Kim Berg": "e_id", "Alex Lind": "personal_link",
    }
    assert by_name["Alex Lind"]["kind"] == "interpreter"
    assert by_name["Alex Lind"]["hand_raised"] and by_name["Alex Lind"]["microphone"]
    assert not by_name["Kim Berg"]["hand_raised"]
    for person in people:
        assert {"camera", "sharing", "muted_by_staff", "connection"} <= set(person)
    assert [name for name, person in by_name.items() if person["sharing"]] == ["Alex Lind"]
    assert {name: person.get("quality") for name, person in by_name.items()} == {
        "Astrid Ek": "good", "Kim Berg": None, "Alex Lind": "poor",
    }
    # A guest reads the patient's role where the name stands for others.
    seen = {person["role"]: person["name"] for person in alex.request("call.join")["snapshot"]["roster"]}
    assert seen["patient"] != "Kim Berg" and seen["staff"] == "Astrid Ek"


def test_feature_26_who_is_removed_stays_out(clinic):
    # The widest policy: without an act of staff, all of these come straight in.
    clinic.set(lobby="off")
    staff, booking = started(
        clinic, guests=[{"given_name": "Alex", "family_name": "Lind", "phone": "0701234567"}]
    )
    alex = clinic.visitor_of(booking.invites[0]["id"])
    knocks = {alex: alex.request("call.join")["participant"]}
    strangers = [clinic.stranger(staff, booking.visit, name=name) for name in ("Ett", "Två")]
    for client in strangers:
        knocks[client] = client.request("call.join")["participant"]
    assert set(knocks.values()) < set(roster(staff))

    # Of a personal link everybody is barred, at once and afterwards.
    staff.request("participant.remove", participant=knocks[alex])
    alex.expect("lobby.status", lambda told: told["status"] == "removed")
    assert alex.ended() == "removed"
    returning = clinic.connect()
    assert barred(returning, clinic.link_secret(booking.invites[0]["id"]))
    # Of the general link that session is; a new knock waits, and the others stay.
    staff.request("participant.remove", participant=knocks[strangers[0]])
    strangers[0].expect("lobby.status", lambda told: told["status"] == "removed")
    assert strangers[0].ended() == "removed"
    again = clinic.connect()
    resume = {"session": strangers[0].session["session"], "seq": 0,
              "secret": strangers[0].session["resume_secret"]}
    assert again.refused("session.open", resume=resume) == "session_unknown"
    newcomer = clinic.stranger(staff, booking.visit, name="Tre")
    assert newcomer.request("call.join")["place"] == "lobby"
    newcomer.request("call.leave")
    assert newcomer.request("call.join")["place"] == "lobby"
    assert knocks[strangers[1]] in roster(staff)
    # Held: back to the lobby, with a way in again by staff alone.
    staff.request("participant.hold", participant=knocks[strangers[1]])
    strangers[1].expect("lobby.status", lambda told: told["status"] == "held")
    assert strangers[1].request("call.join")["place"] == "lobby"

    # Rotated or switched off, the old link opens nothing.
    old = staff.request("invite.link", visit=booking.visit, action="get")["link"]
    staff.request("invite.link", visit=booking.visit, action="rotate")
    secret = old.partition("#invite=")[2]
    assert clinic.connect().refused("session.open", invite=secret) == "invite_refused"
    new = staff.request("invite.link", visit=booking.visit, action="get")["link"]
    assert new != old
    # The new one has been in nobody's hands: it is as the policy says.
    assert clinic.stranger(staff, booking.visit).request("call.join")["place"] == "call"
    staff.request("invite.link", visit=booking.visit, action="disable")
    secret = new.partition("#invite=")[2]
    assert clinic.connect().refused("session.open", invite=secret) == "invite_refused"


def barred(client: Client, secret: str) -> bool:
    """Whether a link lets nobody knock: refused when it is opened, or when its holder joins."""
    try:
        client.enter(invite=secret)
    except Refused as refusal:
        return refusal.reason == "invite_refused"
    return client.refused("call.join") == "barred"


def test_feature_26_a_denied_person_knocks_again_after_a_minute(clinic):
    staff, booking = started(clinic)
    person = clinic.person()
    guest = clinic.attendee(booking.visit, person, "guest")
    staff.request("lobby.deny", participant=guest.request("call.join")["participant"])
    assert guest.ended() == "denied"
    begun, reason = time.monotonic(), "denied"
    while reason == "denied":
        assert time.monotonic() - begun < 70
        again = clinic.attendee(booking.visit, person, "guest")
        reason = knock(again)
        again.listen(1)
    assert reason is None and time.monotonic() - begun > 55


def knock(client: Client) -> str | None:
    try:
        client.request("call.join")
    except Refused as refusal:
        return refusal.reason
    return None
