"""Who sits where changes, and a picture never stands under another's name."""

from conftest import GUEST, PATIENT, STAFF, enter_all

CHANGES = 10


def give_one_person_seat(visitor):
    """Makes the page one that shows one person at a time, before its own scripts run."""
    visitor.page.add_init_script(
        """document.addEventListener('readystatechange', () => {
             document.body.dataset.personSeats = document.body.dataset.mostPersonSeats = '1';
           });"""
    )


def test_ten_changes_of_a_seat_never_show_one_person_under_another_name(
    daemon, staff, patient, guest
):
    give_one_person_seat(staff)
    enter_two_on_one_seat(daemon, staff, patient, guest)
    people = [patient.own_id(), guest.own_id()]
    owners = {staff.name_of(people[0]): PATIENT, staff.name_of(people[1]): GUEST}

    staff.forget()
    for change in range(CHANGES):
        participant = people[change % 2]
        name = staff.name_of(participant)
        pins = [{"participant": participant, "source": "camera"}]
        assert "result" in staff.request("pin.set", {"pins": pins})
        staff.until(f"probe.frames.at(-1)?.isSeen && probe.frames.at(-1).name === {name!r}")

    frames = staff.evaluate("probe.frames")
    seen = [frame for frame in frames if frame["isSeen"] and "publisher" in frame]
    assert [frame for frame in seen if owners.get(frame["name"]) != frame["publisher"]] == []
    switches = sum(a["publisher"] != b["publisher"] for a, b in zip(seen, seen[1:]))
    assert switches >= CHANGES - 1


def enter_two_on_one_seat(daemon, staff, patient, guest):
    staff.join(daemon.links["staff"])
    for visitor, role in ((patient, "patient"), (guest, "guest")):
        visitor.knock(daemon.links[role])
        staff.admit()
        visitor.until_sees(STAFF)
