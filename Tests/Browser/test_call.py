"""A call of three real browsers: staff, patient, and a guest who is let in from the lobby."""

from conftest import GUEST, PATIENT, STAFF, enter_all

#: Milliseconds from the click on admit to the first picture.
FIRST_PICTURE = 800


def test_each_of_three_sees_and_hears_the_two_others(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    for visitor in (staff, patient, guest):
        visitor.until_hears(*({STAFF, PATIENT, GUEST} - {visitor.publisher}))


def test_who_waits_is_connected_and_no_media_goes_either_way_until_admission(
    daemon, staff, patient, guest
):
    staff.join(daemon.links["staff"])
    patient.knock(daemon.links["patient"])
    staff.admit()
    patient.until_sees(STAFF)

    guest.knock(daemon.links["guest"])
    # The call goes on for seconds of pictures while the guest's transport is up.
    patient.forget()
    patient.until("probe.frames.length > 45")
    assert guest.packets() == {"sent": 0, "received": 0}
    assert guest.evaluate("samtal.roster.size") == 0

    admitted = staff.admit()
    guest.until_sees(STAFF, PATIENT)
    first = guest.evaluate("probe.frames.find((frame) => frame.isSeen).at")
    print(f"{first - admitted:.0f} ms from admission to the first picture")
    assert first - admitted < FIRST_PICTURE
    staff.until_sees(GUEST)


def test_a_page_that_sends_from_the_lobby_all_the_same_is_not_seen(daemon, staff, guest):
    staff.join(daemon.links["staff"])
    guest.knock(daemon.links["guest"])
    guest.evaluate("samtal.media.setAdmitted(true)")
    guest.until("probe.packets().then(({ sent }) => sent > 100)")
    sent = guest.packets()["sent"]
    # All of it ended in front of the decryption; what the relay is given is the staff's alone.
    daemon.until(lambda: daemon.total("samtal_transport_dropped_total", "not_admitted") >= sent)
    given = daemon.total("samtal_packets_received_total")
    # A browser gives out the same figures for some milliseconds: only others are newer than ours.
    known = staff.packets()["sent"]
    staff.until(f"probe.packets().then(({{ sent }}) => sent > {known})")
    assert given <= staff.packets()["sent"]
    assert guest.packets()["received"] == 0
    assert staff.packets()["received"] == 0
    assert staff.evaluate("probe.frames.length + probe.tones.length") == 0
    assert staff.evaluate("samtal.media.seats.every((seat) => seat.participant === null)")


def test_nobody_negotiates_again_when_others_come_and_go(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    before = (staff.counters(), patient.counters())
    assert before[0] == {"negotiationNeeded": 1, "remoteDescriptions": 1}

    guest.page.click("#leave")
    guest.until_place("notice")
    for visitor in (staff, patient):
        visitor.until("samtal.roster.size === 2")
        visitor.until("document.querySelectorAll('.tile:not([hidden])').length === 1")

    guest.page.click("#retry")
    guest.until_place("door")
    guest.page.click("#join")
    guest.until_place("lobby")
    staff.forget()
    staff.admit()
    staff.until_sees(GUEST, PATIENT)
    assert (staff.counters(), patient.counters()) == before


def test_a_reload_brings_the_page_back_into_the_call(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    patient.page.reload()
    patient.until_place("call")
    patient.until_connected()
    patient.until_sees(STAFF, GUEST)
    staff.forget()
    staff.until_sees(PATIENT, GUEST)
    assert staff.evaluate("samtal.roster.size") == 3
    assert staff.evaluate("document.querySelector('#waiting-room').hidden")


def test_staff_ends_the_call_for_all(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    staff.page.click("#end")
    for visitor in (staff, patient, guest):
        visitor.until_place("notice")
        visitor.until("samtal.media === null")


def test_the_same_link_leads_into_the_next_call(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    staff.page.click("#end")
    for visitor in (staff, patient, guest):
        visitor.until_place("notice")
        assert "avslutat" in visitor.page.inner_text("#notice-title")
        visitor.page.click("#retry")
        visitor.until_place("door")
    staff.page.click("#join")
    staff.until_place("call")
    for visitor in (patient, guest):
        visitor.page.click("#join")
        visitor.until_place("lobby")
    staff.page.click("#admit-all")
    for visitor in (patient, guest):
        visitor.until_place("call")


def test_a_participant_who_is_held_sees_and_sends_nothing(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    staff.page.locator(f"#participants [data-participant='{guest.own_id()}'] .hold").click()
    guest.until_place("lobby")
    patient.until("document.querySelectorAll('.tile:not([hidden])').length === 1")

    held = guest.packets()
    patient.forget()
    patient.until("probe.frames.length > 30")
    after = guest.packets()
    # What was on its way when the hold came may still have been counted.
    assert after["sent"] - held["sent"] < 10
    assert after["received"] - held["received"] < 10
    guest.until("samtal.media.seats.every((seat) => seat.participant === null)")


def test_a_microphone_that_staff_mutes_is_silent_until_its_owner_switches_it_on(
    daemon, staff, patient
):
    staff.join(daemon.links["staff"])
    patient.knock(daemon.links["patient"])
    staff.admit()
    staff.until_hears(PATIENT)

    staff.page.locator("#participants .mute").click()
    patient.until("document.querySelector('#microphone').ariaPressed === 'false'")
    staff.until("performance.timeOrigin + performance.now() - probe.tones.at(-1).at > 1000")

    patient.page.click("#microphone")
    staff.forget()
    staff.until_hears(PATIENT)


def test_a_hostile_name_is_shown_as_it_is_written(daemon, staff, guest):
    staff.join(daemon.links["staff"])
    name = "<img src=http://evil.example/ onerror=alert(1)>"
    guest.knock(daemon.link("guest", name))
    shown = "document.querySelector('#waiting .name')?.textContent"
    staff.until(f"{shown} === {name!r}")
