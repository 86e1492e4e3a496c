"""Two clinics on one daemon: with a token of one, no route of the HTTP API shows or changes
anything of the other's."""

import json
from urllib.request import urlopen

import pytest

from clinic import Clinic

GUEST = {"given_name": "Okapia", "family_name": "Tapirsdotter", "phone": "070-174 06 06",
         "kind": "other"}
#: What stands in the places of a body that is needed.
BODIES = {
    "updateVisit": {"heading": "Inte ert"}, "createInvites": {"recipients": [GUEST]},
    "updateSettings": {"join_button": "Inte ert"}, "updateDirectory": {"removed_people": []},
}
#: Routes that name nothing of a clinic in their path: what they answer is the asker's own.
OWN = {"listVisits", "createVisit", "createToken", "revokeSessions", "readAudit"}
#: A picture behind people is no secret: everybody in a call sees it.
OPEN = {"getBackground"}


def routes(clinic: Clinic) -> list[tuple[str, str, str]]:
    """Every route by its name, as the daemon itself describes them."""
    with urlopen(f"http://127.0.0.1:{clinic.daemon.http_port}/v1/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    return [
        (operation["operationId"], method.upper(), path)
        for path, methods in paths.items() for method, operation in methods.items()
    ]


@pytest.fixture
def booking(clinic: Clinic):
    """A visit of the clinic with a guest, a general link and a call."""
    staff = clinic.staff()
    booking = clinic.book(staff, guests=[GUEST], heading="Kvasthostan")
    staff.request("call.start", visit=booking.visit)
    staff.request("invite.link", visit=booking.visit, action="get")
    return booking


def state(clinic: Clinic, booking) -> list:
    """All of the clinic that a route could change."""
    paths = [f"/v1/visits/{booking.visit}{more}" for more in
             ("", "/invites", "/general-link", "/call")]
    paths += [f"/v1/clinics/{clinic.id}/{what}" for what in ("settings", "directory", "backgrounds")]
    return [clinic.api("GET", path).body for path in paths]


def test_no_route_crosses_between_clinics(clinic, other_clinic, booking):
    places = {"visit": booking.visit, "invite": booking.invites[0]["id"], "clinic": clinic.id,
              "background": "bac_forest"}
    before = state(clinic, booking)
    tried = set()
    for name, method, path in routes(clinic):
        if name in OWN or name in OPEN:
            continue
        answer = other_clinic.api(
            method, path.format(**places), BODIES.get(name), headers={"If-Match": "*"})
        assert answer.status == 404, (name, answer)
        assert answer.body["reason"].endswith("_not_found"), (name, answer)
        tried.add(name)
    assert len(tried) > 18 and BODIES.keys() <= tried
    assert state(clinic, booking) == before


def test_what_names_no_clinic_is_the_askers_own(clinic, other_clinic, booking):
    patient = booking.people["patient"]
    assert other_clinic.api("GET", "/v1/visits").body["visits"] == []
    assert other_clinic.api("GET", f"/v1/visits?person={patient}").body["visits"] == []
    client = clinic.attendee(booking.visit, patient)
    revoked = other_clinic.api("DELETE", f"/v1/sessions?person={patient}")
    assert revoked.status == 200 and revoked.body == {"ended": 0}
    assert client.request("call.join")["place"] == "lobby"
    rows = other_clinic.api("GET", "/v1/audit?limit=500").body["entries"]
    assert rows and booking.visit not in json.dumps(rows)
    of_visit = other_clinic.api("GET", f"/v1/audit?visit={booking.visit}").body["entries"]
    assert {row["action"] for row in of_visit} <= {"audit.read"}
    minted = other_clinic.api("POST", "/v1/tokens", {
        "person": patient, "role": "patient", "visit": booking.visit, "name": "Kim Bergström"})
    assert minted.status == 422 and minted.body["reason"] == "visit_not_found"
    made = other_clinic.api("POST", "/v1/visits", {
        "type": "videobesök", "responsible": {"person": clinic.person("staff")}})
    assert made.status == 201
    assert clinic.api("GET", f"/v1/visits/{made.body['visit']['id']}").status == 404


def test_an_idempotency_key_is_one_clinics_own(clinic, other_clinic):
    body = {"type": "videobesök", "responsible": {"person": "per_doctor"}}
    key = {"Idempotency-Key": "the-same"}
    first = clinic.api("POST", "/v1/visits", body, headers=key)
    second = other_clinic.api("POST", "/v1/visits", body, headers=key)
    assert first.status == second.status == 201
    assert first.body["visit"]["id"] != second.body["visit"]["id"]
