"""Role x method x own visit, other visit, other clinic: every cell, over the socket (S21, S26)."""

import pytest

from clinic import Clinic
from matrix import PLACES, REFUSALS, ROLES, ROWS, STAFF, allows, reaches
from raw import Client, Refused

#: Refusals of a session description that nobody could answer: it has come past every door.
BAD_OFFER = {"offer": "v=0\r\n", "tracks": [], "seats": []}
CELLS = [(role, place) for role in ROLES for place in PLACES if reaches(role, place)]


class World:
    """A visit with a running call: its staff, somebody who waits, somebody who is in."""

    def __init__(self, clinic: Clinic):
        self.clinic = clinic
        unit = ["uni_matrix"]
        employed = ("responsible", "added", "second", "absent", "colleague")
        self.names = dict(zip(employed, clinic.employ(*employed, unit=unit[0])))
        self.names |= {word: clinic.person(word) for word in ("patient", "proxy", "rung")}
        self.responsible = clinic.staff(person=self.names["responsible"], units=unit)
        invited = [{"given_name": "Alex", "family_name": "Lind", "phone": f"070123450{n}"}
                   for n in (1, 2)]
        booking = clinic.book(
            self.responsible, type="videomöte", unit=unit[0], guests=invited,
            staff=[self.names[word] for word in ("added", "second", "absent")],
            patient={"person": self.names["patient"]},
            proxies=[{"person": self.names[word], "name": word} for word in ("proxy", "rung")],
        )
        self.visit = booking.visit
        entries = self.responsible.request("invite.list", visit=self.visit)["invites"]
        mine = [entry["id"] for entry in entries if entry.get("name") == "Alex Lind"]
        self.invite, self.spare_invite = mine[:2]
        self.responsible.request("call.start", visit=self.visit)
        # Whoever is asked for stays, when the responsible leaves.
        self.host = clinic.staff(person=self.names["second"], visit=self.visit)
        self.host.request("call.join")
        self.waiting = self._guest()
        self.inside = self._guest()
        self.host.request("lobby.admit", participant=self.inside)

    def _guest(self) -> str:
        client = self.clinic.attendee(self.visit, self.clinic.person("other"), "guest")
        return client.request("call.join")["participant"]

    def subject(self, role: str, place: str) -> Client:
        """Somebody of this role, brought to where the cell wants them."""
        client = self._enter(role)
        if role in STAFF:
            if role == "responsible" and place == "out":
                client.request("call.leave")
            if role != "responsible" and place in ("call", "after"):
                client.request("call.join", visit=self.visit)
        elif place != "out":
            own = client.request("call.join")["participant"]
            if place in ("call", "after"):
                self.host.request("lobby.admit", participant=own)
                client.expect("lobby.status", lambda told: told["status"] == "admitted")
        if place == "after":
            self.host.request("call.end")
            client.expect("call.ended")
        client.catch_up()
        return client

    def _enter(self, role: str) -> Client:
        clinic, visit = self.clinic, self.visit
        match role:
            case "responsible":
                return self.responsible
            case "added":
                return clinic.staff(person=self.names["added"])
            case "same_unit":
                return clinic.staff(units=["uni_matrix"])
            case "none":
                return clinic.staff()
            case "patient" | "proxy":
                return clinic.attendee(visit, self.names[role], role)
            case "guest":
                return clinic.attendee(visit, clinic.person(), "guest")
            case "link":
                return clinic.visitor_of(self.invite)
            case "general":
                return clinic.stranger(self.host, visit)

    def arguments(self, method: str) -> dict:
        """What somebody who may would say about this visit."""
        return {"visit": self.visit, **{
            "visit.create": {"type": "videobesök"},
            "visit.update": {"description": "Nytt"},
            "visit.add_staff": {"person": self.names["colleague"]},
            "visit.remove_staff": {"person": self.names["absent"]},
            "directory.search": {"query": "a"},
            "invite.create": {"recipients": [
                {"given_name": "Bo", "family_name": "Alm", "phone": "0701234560"}
            ]},
            "invite.resend": {"invite": self.spare_invite},
            "invite.revoke": {"invite": self.spare_invite},
            "invite.link": {"action": "get"},
            "call.request": {"person": self.names["rung"]},
            "call.withdraw": {"person": self.names["rung"]},
            "lobby.admit": {"participant": self.waiting},
            "lobby.deny": {"participant": self.waiting},
            "participant.hold": {"participant": self.inside},
            "participant.remove": {"participant": self.inside},
            "participant.mute": {"participant": self.inside, "muted": True},
            "self.update": {"camera": True},
            "pin.set": {"pins": []},
            "view.set": {"seats": []},
            "chat.send": {"text": "Hej"},
            "feedback.submit": {"scale": "yes_no", "had_problems": False},
            "media.negotiate": BAD_OFFER,
            "media.restart": BAD_OFFER,
            "probe.start": BAD_OFFER,
            "media.report": {},
            "seats.acknowledge": {"seats": []},
        }.get(method, {})}

    def state(self) -> tuple:
        """All that somebody without a right could have changed."""
        visit = self.host.request("visit.get", visit=self.visit)["visit"]
        invites = self.host.request("invite.list", visit=self.visit)["invites"]
        try:
            snapshot = self.host.request("call.join")["snapshot"]
        except Refused as refusal:
            return visit, invites, refusal.reason
        return visit, invites, snapshot.get("roster"), snapshot.get("lobby")


def outcome(client: Client, world: World, method: str) -> str | None:
    """The reason of a refusal; None where the request was carried out."""
    try:
        client.request(method, world.arguments(method))
    except Refused as refusal:
        return refusal.reason
    return None


@pytest.fixture
def matrix_clinic(clinic: Clinic) -> Clinic:
    clinic.set(same_unit_may_join=True, sharing=[])
    return clinic


def test_the_matrix_has_every_method_of_the_daemon(clinic):
    served = clinic.api("GET", "/v1/openrpc.json").body["methods"]
    assert {method["name"] for method in served} == set(ROWS) | {"session.open"}


@pytest.mark.parametrize("role,place", CELLS)
def test_own_visit_what_the_matrix_does_not_allow_is_refused_and_changes_nothing(
    matrix_clinic, role, place
):
    world = World(matrix_clinic)
    subject = world.subject(role, place)
    before = world.state()
    for method in ROWS:
        if not allows(method, role, place):
            reason = outcome(subject, world, method)
            assert reason in REFUSALS, f"{role} {place} {method}: {reason}"
    assert world.state() == before


@pytest.mark.parametrize("role,place", CELLS)
def test_own_visit_what_the_matrix_allows_is_carried_out(matrix_clinic, role, place):
    for method in ROWS:
        if allows(method, role, place):
            world = World(matrix_clinic)
            reason = outcome(world.subject(role, place), world, method)
            bad_offer = world.arguments(method).get("offer") == BAD_OFFER["offer"]
            passed = reason not in REFUSALS if bad_offer else reason is None
            assert passed, f"{role} {place} {method}: {reason}"
            matrix_clinic.close()
            matrix_clinic.clients.clear()


@pytest.mark.parametrize("place", ["out", "call"])
@pytest.mark.parametrize("role", ROLES)
def test_other_visit_nothing_can_be_done_from_one_s_own(matrix_clinic, role, place):
    if not reaches(role, place):
        place = "out"
    subject = World(matrix_clinic).subject(role, place)
    other = World(matrix_clinic)
    # The other visit is of the same unit, which the clinic now gives no right.
    matrix_clinic.set(same_unit_may_join=False)
    before = other.state()
    for method, row in ROWS.items():
        if method == "visit.get" and role in STAFF:
            seen = subject.request("visit.get", visit=other.visit)["visit"]
            assert not {"heading", "description", "patient", "proxies"} & set(seen)
        elif row.refers:
            reason = outcome(subject, other, method)
            assert reason in REFUSALS, f"{role} {method}: {reason}"
        elif method not in ("call.leave", "call.end"):
            outcome(subject, other, method)
    assert other.state() == before


@pytest.mark.parametrize("role", ROLES)
def test_other_clinic_nothing_can_be_seen_or_done(matrix_clinic, other_clinic, role):
    other_clinic.set(same_unit_may_join=True)
    subject = World(other_clinic).subject(role, "out")
    world = World(matrix_clinic)
    before = world.state()
    reasons = {}
    for method, row in ROWS.items():
        reasons[method] = outcome(subject, world, method)
        if row.refers:
            assert reasons[method] in REFUSALS, f"{role} {method}: {reasons[method]}"
    assert world.state() == before
    for name in (world.visit, *world.names.values()):
        assert name not in subject.heard
    if role in STAFF:
        # A visit of another clinic and one that never was are answered alike.
        invented = {"visit": "vis_neverwas"}
        assert subject.refused("visit.get", invented) == reasons["visit.get"]
    # Keys are a clinic's own: one clinic's key makes no token for another.
    forged = other_clinic.token("per_x", "staff", clinic=matrix_clinic.id)
    assert other_clinic.connect().refused("session.open", token=forged) == "token_refused"


def test_before_a_session_is_open_nothing_is_answered(matrix_clinic):
    world = World(matrix_clinic)
    stranger = matrix_clinic.connect()
    for method in ROWS:
        assert outcome(stranger, world, method) == "session_not_open", method
