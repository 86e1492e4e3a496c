"""How calls are started, with raw clients: PRODUCT features 11 and 13."""

from clinic import DAY, now


def test_feature_11_only_staff_starts_a_call_and_the_patient_is_rung(clinic):
    staff = clinic.staff(name="Astrid Ek", title="Allmänläkare")
    booking = clinic.book(staff, scheduled=now() + DAY, proxies=[
        {"person": clinic.person("proxy"), "name": "Robin Berg"}
    ])
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    proxy = clinic.attendee(booking.visit, booking.people["proxy 1"], "proxy")
    guest = clinic.attendee(booking.visit, clinic.person(), "guest")
    # Who comes early waits, and is rung all the same.
    assert proxy.request("call.join")["place"] == "lobby"
    for client in (patient, proxy, guest):
        assert client.refused("call.start") == "not_permitted"
        assert client.refused("visit.start", visit=booking.visit) == "not_permitted"
    assert staff.request("visit.get", visit=booking.visit)["visit"]["state"] == "booked"

    # Starting a booked visit makes it ongoing; the request goes out when staff is in.
    joined = staff.request("call.start", visit=booking.visit)
    assert joined["place"] == "call"
    assert staff.request("visit.get", visit=booking.visit)["visit"]["state"] == "ongoing"
    for client in (patient, proxy):
        rung = client.expect("call.requested")
        assert rung["visit"] == booking.visit
        assert (rung["by"]["name"], rung["by"]["title"]) == ("Astrid Ek", "Allmänläkare")
    assert guest.told("call.requested") == []

    # Staff sees accepted, declined, no answer and withdrawn; who accepts still waits.
    proxy.request("call.decline")
    answered = staff.expect("call.answered")
    assert (answered["person"], answered["outcome"]) == (booking.people["proxy 1"], "declined")
    assert proxy.refused("call.accept") == "request_not_found"
    staff.request("call.request", person=booking.people["proxy 1"])
    proxy.expect("call.requested")
    staff.request("call.withdraw", person=booking.people["proxy 1"])
    assert proxy.refused("call.accept") == "request_not_found"
    patient.request("call.accept")
    answered = staff.expect(
        "call.answered", lambda told: told["person"] == booking.people["patient"]
    )
    assert answered["outcome"] == "accepted"
    assert patient.request("call.join")["place"] == "lobby"
    # Ringing is for staff in the call, and for the visit's own people.
    outside = clinic.staff()
    for client in (patient, guest, outside):
        assert client.refused("call.request", person=booking.people["patient"]) in (
            "not_permitted", "not_in_call", "visit_not_found",
        )
    assert staff.refused("call.request", person=clinic.person()) == "person_not_found"


def test_feature_11_no_answer_is_told_and_staff_can_ring_again(clinic):
    clinic.set(rings=1)
    staff = clinic.staff()
    booking = clinic.book(staff)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    staff.request("call.start", visit=booking.visit)
    patient.expect("call.requested")
    assert staff.expect("call.answered")["outcome"] == "timed_out"
    assert patient.refused("call.accept") == "request_not_found"
    staff.request("call.request", person=booking.people["patient"])
    patient.expect("call.requested")
    patient.request("call.accept")
    assert staff.expect("call.answered")["outcome"] == "accepted"


def test_feature_13_an_added_colleague_finds_the_visit_and_joins_it(clinic):
    clinic.set(join_button="Anslut dig")
    staff = clinic.staff()
    [colleague_id] = clinic.employ("Bo Alm")
    colleague = clinic.staff(name="Bo Alm", person=colleague_id)
    stranger = clinic.staff(name="Cilla Dahl")
    booking = clinic.book(staff)
    assert colleague.session["clinic"]["settings"]["join_button"] == "Anslut dig"
    assert colleague.refused("call.join", visit=booking.visit) in ("not_permitted", "no_call")

    staff.request("visit.add_staff", visit=booking.visit, person=colleague_id)
    changed = colleague.expect("visit.changed")["visit"]
    assert (changed["id"], changed["relation"]) == (booking.visit, "added")
    staff.request("call.start", visit=booking.visit)
    colleague.expect("visit.changed", lambda told: "call" in told["visit"])
    assert colleague.request("call.join", visit=booking.visit)["place"] == "call"
    staff.expect("participant.joined", lambda told: told["participant"]["name"] == "Bo Alm")

    # Nobody else of the staff hears of it, or comes in by asking.
    assert stranger.told("visit.changed") == []
    assert stranger.refused("call.join", visit=booking.visit) == "not_permitted"
