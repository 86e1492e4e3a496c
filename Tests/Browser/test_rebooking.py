"""How booked visits are changed, and what the patient agrees to: PRODUCT features 9 and 10."""

from clinic import DAY, HOUR, now
from test_booking import ALEX, BO, guest_invite
from test_lobby import started


def test_feature_09_rebooking_tells_those_who_had_been_told_and_keeps_their_links(
    sending_clinic, post
):
    clinic, start = sending_clinic, now() + DAY
    clinic.set(link_lifetime=DAY // 1_000)
    staff = clinic.staff()
    proxies = [{"person": clinic.person("proxy"), "name": f"Ombud {n}", "phone": f"070000001{n}"}
               for n in (1, 2)]
    # Of a child, the proxies are told: the child has a number and hears nothing.
    booking = clinic.book(
        staff, type="schemalagt", scheduled=start, guests=[ALEX], proxies=proxies,
        patient={"age_band": "child", "profile": "through_proxy", "phone": "0700000009"},
    )
    first = post.expect("+46701234567")
    for n in (1, 2):
        post.expect(f"+4670000001{n}")
    # Its links work from the start on: earlier when it is moved there, and then later again.
    opening = {"method": "session.open", "invite": first.secret}
    assert clinic.connect().refused(**opening) == "invite_refused"
    staff.request("visit.update", visit=booking.visit, scheduled=now() - HOUR)
    assert clinic.visitor(first.secret).session["you"]["role"] == "guest"
    staff.request("visit.update", visit=booking.visit, scheduled=now() - 2 * DAY)
    assert clinic.connect().refused(**opening) == "invite_refused"
    staff.request("visit.update", visit=booking.visit, scheduled=start)
    for to in ("+46701234567", "alex.lind@example.org", "+46700000011", "+46700000012"):
        post.expect(to, count=4)
    # Who is taken off the booking is told that, and nothing of what comes after.
    staff.request("visit.update", visit=booking.visit, proxies=proxies[:1])
    assert "inställt" in post.expect("+46700000012", count=5).text
    staff.request("visit.update", visit=booking.visit, scheduled=start + DAY, guests=[BO])
    changed = post.expect("+46701234567", count=5)
    invited = post.expect("bo.alm@example.org")
    assert changed.secret == first.secret and invited.secret != first.secret
    post.expect("alex.lind@example.org", count=5)
    post.expect("+46700000011", count=5)
    # A change nobody has to know of is told to nobody; a cancelled visit to all who were told.
    before = len(post.messages)
    staff.request("visit.update", visit=booking.visit, description="Nytt")
    staff.request("visit.cancel", visit=booking.visit)
    for to, count in (
        ("+46701234567", 6), ("alex.lind@example.org", 6), ("bo.alm@example.org", 2),
        ("+46700000011", 6),
    ):
        assert "inställt" in post.expect(to, count).text
    assert len(post.messages) == before + 4
    assert "+46700000009" not in [message.to for message in post.messages]
    assert clinic.connect().refused("session.open", invite=first.secret) == "invite_refused"

    staff, running = started(clinic)
    for method in ("visit.cancel", "visit.close"):
        assert staff.refused(method, visit=running.visit) == "call_open"
    staff.request("call.end")
    staff.request("visit.close", visit=running.visit)


def test_feature_10_the_patient_has_agreed_to_whoever_else_takes_part(clinic):
    clinic.set(consent_required=True)
    staff = clinic.staff()
    assert staff.refused("visit.create", type="videobesök", guests=[ALEX]) == "consent_required"
    staff, booking = started(clinic, guests=[ALEX], agreed_with_patient=True)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    alex = clinic.visitor_of(guest_invite(booking, staff))
    stranger = clinic.stranger(staff, booking.visit)
    ids = [client.request("call.join")["participant"] for client in (patient, alex, stranger)]
    staff.request("lobby.admit", participant=ids[0])
    staff.request("lobby.admit", participant=ids[1])
    assert staff.refused("lobby.admit", participant=ids[2]) == "consent_required"
    answer = staff.request("invite.create", recipients=[BO])["invites"]
    assert answer[0].get("reason") == "consent_required"
    staff.request("lobby.admit", participant=ids[2], agreed_with_patient=True)
    answer = staff.request("invite.create", recipients=[BO], agreed_with_patient=True)["invites"]
    assert answer[0]["status"] == "accepted"
    audit = clinic.api("GET", f"/v1/audit?visit={booking.visit}").body
    assert "agreed" in str(audit)
