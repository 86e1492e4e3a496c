"""How visits are booked, with raw clients: PRODUCT features 1 to 8."""

import pytest

from clinic import DAY, HOUR, now
from raw import Client
from test_ending import in_call
from test_lobby import started

ALEX = {"given_name": "Alex", "family_name": "Lind", "phone": "070-123 45 67",
        "email": "alex.lind@example.org", "kind": "interpreter"}
BO = {"given_name": "Bo", "family_name": "Alm", "email": "bo.alm@example.org", "kind": "relative"}


def codes(warnings: list[dict]) -> set[str]:
    return {warning["code"] for warning in warnings}


def listed(client: Client, **filters) -> list[str]:
    return [visit["id"] for visit in client.request("visit.list", filters)["visits"]]


def test_feature_01_a_visit_is_made_with_its_details_and_warnings(clinic):
    clinic.set(reasons=["Hosta", "Feber"], free_text_heading=False)
    staff, start = clinic.staff(), now() + DAY
    assert staff.refused("visit.create", type="videobesök", heading="Något annat") == "bad_argument"
    assert staff.refused("visit.create", type="hembesök") == "bad_argument"
    booking = clinic.book(
        staff, heading="Hosta", description="Sedan en vecka", scheduled=start, ends=start + HOUR
    )
    assert booking.warnings == []
    visit = staff.request("visit.get", visit=booking.visit)["visit"]
    assert (visit["type"], visit["heading"]) == ("videobesök", "Hosta")
    assert visit["description"] == "Sedan en vecka"
    assert (visit["scheduled"], visit["ends"]) == (start, start + HOUR)
    assert visit["state"] == "booked"
    clinic.set(free_text_heading=True)
    clinic.book(staff, heading="Något annat", scheduled=start + 3 * HOUR, ends=start + 4 * HOUR)

    # Overlaps are warned of and never refused; what only touches does not overlap.
    half = {"scheduled": start + HOUR // 2, "ends": start + HOUR}
    assert codes(clinic.book(staff, **half).warnings) == {"staff_overlap"}
    other = clinic.staff(name="Bo Alm")
    same_patient = {"person": booking.people["patient"]}
    assert codes(clinic.book(other, patient=same_patient, **half).warnings) == {"patient_overlap"}
    after = {"scheduled": start + HOUR, "ends": start + 2 * HOUR}
    assert clinic.book(other, patient=same_patient, **after).warnings == []


def test_feature_01_a_type_that_does_not_fit_is_warned_of_and_one_that_fits_is_named(clinic):
    clinic.set(visit_types=[
        {"name": "videobesök", "proxies": 1},
        {"name": "videomöte", "proxies": 4, "child_may_be_joined": True},
        {"name": "schemalagt", "proxies": 1, "links_work_early": False},
    ])
    staff = clinic.staff()
    proxies = [{"person": clinic.person("proxy"), "name": f"Ombud {n}"} for n in (1, 2)]
    mismatch = clinic.book(staff, proxies=proxies).warnings
    assert codes(mismatch) == {"type_mismatch"} and "videomöte" in str(mismatch)
    assert clinic.book(staff, type="videomöte", proxies=proxies).warnings == []
    youth = {"age_band": "youth", "profile": "own"}
    mismatch = clinic.book(staff, patient=youth, proxies=proxies[:1]).warnings
    assert codes(mismatch) == {"type_mismatch"} and "videomöte" in str(mismatch)

    # Whether links work before the start is the type's to say.
    later = now() + DAY
    for name, works in (("videobesök", True), ("schemalagt", False)):
        booking = clinic.book(staff, type=name, scheduled=later, guests=[ALEX])
        client, secret = clinic.connect(), clinic.link_secret(guest_invite(booking, staff))
        if works:
            client.enter(invite=secret)
            assert client.request("call.join")["place"] == "lobby"
        else:
            assert client.refused("session.open", invite=secret) == "invite_refused"


def guest_invite(booking, staff: Client, name: str = "Alex Lind") -> str:
    entries = staff.request("invite.list", visit=booking.visit)["invites"]
    return next(entry["id"] for entry in entries if entry["name"] == name)


def states(entry: dict) -> dict[str, str]:
    """How each channel of an invite stands."""
    return {channel["channel"]: channel["state"] for channel in entry["channels"]}


def test_feature_02_guests_are_invited_by_number_and_address(sending_clinic, post):
    clinic = sending_clinic
    logo = "https://clinic.example/logo.png"
    clinic.set(invitation_text={"sv": "Välkommen till Demokliniken: {link} Hej!"}, logo=logo)
    path = f"/v1/clinics/{clinic.id}/settings"
    for field in ("invitation_text", "sms_text"):
        tag = clinic.api("GET", path).headers["etag"]
        long = clinic.api("PATCH", path, {field: {"sv": "å" * 161}}, headers={"If-Match": tag})
        assert (long.status, long.body["reason"]) == (422, "text_too_long")
        assert long.body["field"] == f"{field}.sv"
    staff = clinic.staff()
    for guest, reason in (
        ({**ALEX, "phone": "12", "email": None}, "bad_phone_number"),
        ({**BO, "email": "bo"}, "bad_email"),
        ({**BO, "email": None}, "address_required"),
        ({"phone": "0701234567"}, "name_required"),
        ({"phone": "0701234567", "given_name": "Bo"}, "name_required"),
        ({"phone": "0701234567", "family_name": "Alm"}, "name_required"),
    ):
        guest = {name: value for name, value in guest.items() if value is not None}
        assert staff.refused("visit.create", type="videobesök", guests=[guest]) == reason
    booking = clinic.book(
        staff, heading="Hosta och feber", scheduled=now() + DAY, guests=[ALEX, BO]
    )
    sms = post.expect("+46701234567")
    mail = post.expect("alex.lind@example.org")
    other = post.expect("bo.alm@example.org")
    # One link by both ways, and another one for another recipient.
    assert sms.secret == mail.secret != other.secret
    assert clinic.visitor(sms.secret).session["you"]["name"] == "Alex Lind"
    entries = staff.request("invite.list", visit=booking.visit)["invites"]
    entry = next(entry for entry in entries if entry["name"] == "Alex Lind")
    # A state for each channel: the one is not known, the other has taken it.
    assert {channel["channel"] for channel in entry["channels"]} == {"sms", "email"}
    post.unknown.add("alex.lind@example.org")
    staff.request("invite.resend", invite=entry["id"])
    told = staff.expect("invite.changed", lambda told: (
        told["invite"]["id"] == entry["id"] and states(told["invite"]) == {
            "sms": "sent", "email": "failed",
        }
    ))["invite"]
    assert [c.get("reason") for c in told["channels"] if c["channel"] == "email"] == ["rejected"]
    for message in (sms, mail, other):
        assert "Välkommen till Demokliniken: https://" in message.text
        assert message.text.count("#invite=") == 1 and f"{message.secret} Hej!" in message.text
        assert (logo in message.page) == (message.channel == "email")
        for word in ("Hosta", "Kim", "Berg", "Lind", "Alm", "example.org", "4670"):
            assert word not in message.text.replace(message.secret, "")


def test_feature_03_staff_is_found_by_name_and_in_the_tree(clinic):
    people = [("åsa", "Åsa", "Öberg"), ("asta", "Asta", "Obel"), ("andre", "André", "Ek")]
    clinic.set_directory(
        units=[{"id": "uni_hus", "name": "Huset"},
               {"id": "uni_norr", "name": "Norr", "parent": "uni_hus"}],
        people=[{"person": f"per_{key.replace('å', 'a2')}", "given_name": given,
                 "family_name": family, "title": "Läkare", "unit": "uni_norr", "role": "läkare"}
                for key, given, family in people],
    )
    staff = clinic.staff()

    def found(query: str) -> list[str]:
        answer = staff.request("directory.search", query=query)["people"]
        return [person["name"] for person in answer]

    assert found("å") == ["Åsa Öberg"] and found("a o") == ["Asta Obel"]
    assert found("ö Ås") == ["Åsa Öberg"] and found("ANDRE") == ["André Ek"]
    assert found("o") == ["Asta Obel"] and found("zz") == []
    nodes = staff.request("directory.tree")["nodes"]
    path = []
    while nodes:
        path.append([(node["kind"], node["name"]) for node in nodes])
        nodes = staff.request("directory.tree", node=nodes[0]["id"])["nodes"]
        if path[-1][0][0] == "person":
            break
    assert path[:3] == [[("unit", "Huset")], [("unit", "Norr")], [("role", "läkare")]]
    assert {kind for kind, _ in path[3]} == {"person"} and len(path[3]) == 3
    booking = clinic.book(staff)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    assert patient.refused("directory.search", query="å") == "not_permitted"
    assert patient.refused("directory.tree") == "not_permitted"


def test_feature_04_confirming_tells_everybody_whom_it_concerns(sending_clinic, post):
    clinic = sending_clinic
    [colleague_id] = clinic.employ("Bo Alm")
    staff, colleague = clinic.staff(), clinic.staff(name="Bo Alm", person=colleague_id)
    assert listed(colleague, relation="added") == []
    booking = clinic.book(
        staff, scheduled=now() + DAY, guests=[ALEX], staff=[colleague_id],
        patient={"phone": "0700000001"},
    )
    post.expect("+46700000001")
    post.expect("+46701234567")
    colleague.expect("visit.changed", lambda told: told["visit"]["id"] == booking.visit)
    assert listed(colleague, relation="added") == [booking.visit]
    assert listed(clinic.staff(), relation="added") == []

    # For a child the proxies are told, each by a message of their own.
    proxies = [{"person": clinic.person("proxy"), "name": f"Ombud {n}", "phone": f"070000001{n}"}
               for n in (1, 2)]
    child = clinic.book(
        staff, type="videomöte", scheduled=now() + 2 * DAY, proxies=proxies,
        patient={"age_band": "child", "profile": "through_proxy", "phone": "0700000009"},
    )
    secrets = {post.expect(f"+4670000001{n}").secret for n in (1, 2)}
    assert len(secrets) == 2
    assert "+46700000009" not in [message.to for message in post.messages]
    # The portal asks by person and gets the person's own link.
    person = child.people["proxy 1"]
    found = clinic.api("GET", f"/v1/visits?person={person}").body["visits"]
    assert [visit["id"] for visit in found] == [child.visit]
    assert post.expect("+46700000011").secret in str(found)
    assert post.expect("+46700000012").secret not in str(found)


@pytest.mark.parametrize("policy", ["everyone", "links", "general_link", "off"])
def test_feature_05_a_second_opening_of_a_link_is_an_unverified_guest(clinic, policy):
    clinic.set(lobby=policy)
    staff, booking = started(clinic, guests=[ALEX])
    invite = guest_invite(booking, staff)
    first, second = clinic.visitor_of(invite), clinic.visitor_of(invite)
    own = first.request("call.join")["participant"]
    staff.request("lobby.admit", participant=own)
    again = second.request("call.join")
    assert again["place"] == "lobby"
    told = staff.expect("lobby.changed", lambda lobby: any(
        entry["participant"] == again["participant"] for entry in lobby["waiting"]
    ))["waiting"]
    entry = next(e for e in told if e["participant"] == again["participant"])
    assert (entry["identified_by"], entry.get("name")) == ("unverified", None)
    # The first is not pushed out, and theirs alone is the name.
    first.request("chat.send", text="Jag är kvar")
    second.catch_up()
    assert "Jag är kvar" not in second.heard


@pytest.mark.parametrize("policy", ["everyone", "off"])
@pytest.mark.parametrize("role", ["patient", "proxy"])
def test_feature_05_a_second_opening_stays_one_when_the_recipient_is_gone(clinic, policy, role):
    clinic.set(lobby=policy, patients_rate=True)
    proxies = [{"person": clinic.person("proxy"), "name": "Robin Berg"}]
    staff, booking = started(clinic, proxies=proxies)
    invite = next(entry["id"] for entry in booking.invites if entry["role"] == role)
    first = clinic.visitor_of(invite)
    early, second = clinic.visitor_of(invite), clinic.visitor_of(invite)
    staff.request("lobby.admit", participant=first.request("call.join")["participant"])
    assert second.request("call.join")["place"] == "lobby"
    second.request("call.leave")
    first.request("call.leave")
    for stranger in (early, second):
        rating = {"scale": "yes_no", "had_problems": True}
        assert stranger.refused("feedback.submit", rating) == "not_permitted"
        assert stranger.refused("call.accept") == "not_permitted"
        knock = stranger.request("call.join")
        assert knock["place"] == "lobby"
        entry = next(
            entry for entry in staff.request("call.join")["snapshot"]["lobby"]
            if entry["participant"] == knock["participant"]
        )
        assert (entry["role"], entry["identified_by"]) == ("guest", "unverified")
        assert (entry["name"], entry["invite"]) == (None, invite)
        stranger.request("call.leave")
    # The recipient is still the recipient.
    staff.request("lobby.admit", participant=first.request("call.join")["participant"])
    people = staff.request("call.join")["snapshot"]["roster"]
    assert role in {person["role"] for person in people}


def test_feature_05_the_general_link_is_staff_s_and_the_patient_s_where_the_clinic_says_so(clinic):
    clinic.set(general_link_text="Så här gör du")
    staff, booking = started(clinic)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    guest = clinic.attendee(booking.visit, clinic.person(), "guest")
    shown = staff.request("invite.link", visit=booking.visit, action="get")
    assert "#invite=" in shown["link"] and shown["text"] == "Så här gör du"
    assert patient.refused("invite.link", action="get") == "not_permitted"
    clinic.set(general_link_for_patients=True)
    assert patient.request("invite.link", action="get")["link"] == shown["link"]
    assert guest.refused("invite.link", action="get") == "not_permitted"
    for action in ("rotate", "disable"):
        assert patient.refused("invite.link", action=action) == "not_permitted"
        assert guest.refused("invite.link", action=action) == "not_permitted"


def test_feature_06_who_books_who_starts_and_who_takes_over_is_responsible(clinic):
    [added], unit = clinic.employ("Bo Alm", unit="uni_norr"), {"units": ["uni_norr"]}
    staff = clinic.staff(name="Astrid Ek", **unit)
    colleague = clinic.staff(name="Bo Alm", person=added, title="Sjuksköterska")
    neighbour, stranger = clinic.staff(name="Cilla Dahl", **unit), clinic.staff(name="Doris Eng")
    booking = clinic.book(staff, staff=[added], unit="uni_norr", scheduled=now() + DAY)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    shown = patient.session["visit"]["responsible"]
    assert (shown["name"], shown["title"]) == ("Astrid Ek", "Allmänläkare")

    for client in (neighbour, stranger):
        assert client.refused("call.start", visit=booking.visit) == "not_permitted"
    colleague.request("call.start", visit=booking.visit)
    visit = colleague.request("visit.get", visit=booking.visit)["visit"]
    assert visit["responsible"]["name"] == "Bo Alm"
    # In mid-call, coming in changes nothing, and taking over is a word of its own.
    staff.request("call.join", visit=booking.visit)
    visit = staff.request("visit.get", visit=booking.visit)["visit"]
    assert visit["responsible"]["name"] == "Bo Alm"
    taken = staff.request("visit.takeover", visit=booking.visit)["responsible"]
    assert taken["name"] == "Astrid Ek"
    # The unit's staff only where the clinic says so; the others through the lobby, by a link.
    clinic.set(same_unit_may_join=True)
    assert neighbour.request("call.join", visit=booking.visit)["place"] == "call"
    assert stranger.refused("call.join", visit=booking.visit) == "not_permitted"
    invite = staff.request("invite.create", recipients=[
        {**BO, "kind": "colleague"}
    ])["invites"][0]["invite"]["id"]
    visitor = clinic.visitor_of(invite)
    joined = visitor.request("call.join")
    assert (joined["place"], visitor.session["you"]["kind"]) == ("lobby", "colleague")


def test_feature_07_who_sees_what(clinic):
    [added] = clinic.employ("Bo Alm")
    staff, colleague = clinic.staff(), clinic.staff(name="Bo Alm", person=added)
    booking = clinic.book(
        staff, heading="Hosta", description="Sedan tio dagar", staff=[added], guests=[ALEX],
        patient={"name": "Kim Berg", "phone": "0700000001", "email": "kim@example.org"},
        scheduled=now() + DAY, type="videosamtal",
        proxies=[
            {"person": clinic.person("proxy"), "name": "Robin Berg", "phone": "0700000002"}
        ],
    )
    # Another doctor has the patient at that time, which is told to nobody else's colleague.
    other = clinic.book(
        clinic.staff(), patient={"person": booking.people["patient"]}, scheduled=now() + DAY
    )
    patient_id = booking.people["patient"]
    seen = colleague.request("visit.get", visit=booking.visit)["visit"]
    assert (seen["heading"], seen["description"]) == ("Hosta", "Sedan tio dagar")
    assert "patient" not in seen and "proxies" not in seen
    # Nor does an answer to what they may do say more.
    changed = colleague.request("visit.update", visit=booking.visit, heading="Hosta")
    assert "patient_overlap" in codes(changed["warnings"]) and len(changed["invites"]) == 3
    assert len(colleague.request("invite.list", visit=booking.visit)["invites"]) == 3
    colleague.catch_up()
    for word in (
        "Kim Berg", patient_id, "46700000001", "kim@example.org", "adult", "Robin Berg",
        "46700000002", other.visit,
    ):
        assert word not in colleague.heard
    assert staff.request("visit.get", visit=booking.visit)["visit"]["patient"]["name"] == "Kim Berg"
    # Until they become responsible.
    colleague.request("call.start", visit=booking.visit)
    seen = colleague.request("visit.get", visit=booking.visit)["visit"]
    assert seen["patient"]["name"] == "Kim Berg"
    audit = clinic.api("GET", f"/v1/audit?visit={booking.visit}").body["entries"]
    assert [
        (entry["author"], entry["subject"]) for entry in audit
        if entry["action"] == "visit.responsible_changed"
    ] == [(added, added)]

    alex = clinic.visitor_of(guest_invite(booking, staff))
    patient = in_call(clinic, colleague, booking)
    colleague.request("lobby.admit", participant=alex.request("call.join")["participant"])
    people = alex.expect("lobby.status", lambda t: t["status"] == "admitted")["snapshot"]["roster"]
    # Without a name, the word for the role stands in its place.
    assert {person["role"]: person["name"] for person in people}["patient"] is None
    for method in ("visit.get", "visit.list", "invite.list"):
        assert alex.refused(method) == "not_permitted"
    alex.catch_up()
    for word in ("Hosta", "tio dagar", "adult", "Kim Berg", patient_id, "46700000001", "kim@"):
        assert word not in alex.heard
    patient.catch_up()
    for word in ("tio dagar", "alex.lind@", "4670123"):
        assert word not in patient.heard
    clinic.set(guests_see_patient_name=True)
    names = [p["name"] for p in alex.request("call.join")["snapshot"]["roster"]]
    assert "Kim Berg" in names


def test_feature_08_a_child_whose_profile_came_through_a_proxy_is_never_without_one(clinic):
    staff = clinic.staff()
    proxies = [{"person": clinic.person("proxy"), "name": f"Ombud {n}"} for n in (1, 2)]
    child = {"age_band": "child", "profile": "through_proxy"}
    booking = clinic.book(staff, type="videomöte", proxies=proxies, patient=child)
    staff.request("call.start", visit=booking.visit)
    patient = clinic.attendee(booking.visit, booking.people["patient"])
    own = patient.request("call.join")["participant"]
    assert staff.refused("lobby.admit", participant=own) == "proxy_required"
    # The proxies come from different places, each by themselves.
    first, second = (
        clinic.attendee(booking.visit, proxy["person"], "proxy", name=proxy["name"])
        for proxy in proxies
    )
    for client in (first, second):
        staff.request("lobby.admit", participant=client.request("call.join")["participant"])
    staff.request("lobby.admit", participant=own)
    patient.expect("lobby.status", lambda told: told["status"] == "admitted")
    first.request("call.leave")
    assert patient.told("lobby.status") == []
    second.request("call.leave")
    held = patient.expect("lobby.status")
    assert (held["status"], held["reason"]) == ("held", "no_proxy")
    left = staff.expect("participant.left", lambda told: told["participant"] == own)
    assert left["reason"] == "held"
    # Staff sees in the lobby why the child is there again.
    staff.expect(
        "lobby.changed",
        lambda told: [(w["participant"], w.get("held")) for w in told["waiting"]]
        == [(own, "no_proxy")],
    )

    # A child with an own profile gets no proxy added afterwards.
    youth = {"age_band": "youth", "profile": "own"}
    booking = clinic.book(staff, patient=youth, scheduled=now() + DAY)
    assert staff.refused("visit.update", visit=booking.visit, proxies=proxies[:1]) == (
        "child_has_own_profile"
    )
