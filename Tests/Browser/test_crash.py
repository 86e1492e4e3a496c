"""The daemon is killed at random moments under a load of commands, and loses nothing it promised.

`SAMTAL_KILLS` says how often (25 where it says nothing, 1000 before a release), `SAMTAL_SEED` with
which random numbers.
"""

import os
import random
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clinic import Clinic
from daemon import free_port
from gateways import HTTPStub, MailServer, until
from raw import Refused
from upkeep import Clerk, StoredDaemon, verify

KILLS = int(os.environ.get("SAMTAL_KILLS", "25"))
SEED = int(os.environ.get("SAMTAL_SEED", time.time_ns() % 1_000_000))
#: One hour in the protocol's milliseconds: bookings stand so far apart.
HOUR = 3_600_000
#: Members of staff who give commands at the same time.
STAFF = 3
#: Seconds after the daemon serves at which it is killed at the latest.
LONGEST_LIFE = 0.15
#: Visits that are looked at after each start beside those about which something is open.
LOOKED_AT_AGAIN = 10
#: Calls that one member of staff opens in one life of the daemon.
CALLS = 3
#: Guests after whom a visit's call is ended: fewer than a call holds.
MOST_GUESTS = 10
#: Lives after which what the daemon has left is searched for canaries.
SEEK_EVERY = 100
#: Requests after which a connection is left for another: fewer than a session may send at once.
REQUESTS_PER_SESSION = 40


@dataclass
class Known:
    """What may hold about a visit: more than one thing only where a lost answer left it open."""

    heading: set[str]
    states: set[str]
    #: Invites by whether they are revoked.
    invites: dict[str, set[bool]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether an answer was lost, so that either may hold."""
        return any(len(either) > 1 for either in (self.heading, self.states, *self.invites.values()))


class Colleague:
    """A member of staff who books visits, changes them and holds calls until the connection
    breaks."""

    def __init__(self, clinic: Clinic, number: int, seed: str, deputy: str):
        self.random = random.Random(seed)
        self._clinic = clinic
        self._port = clinic.daemon.lines_port
        self._person = f"per_colleague-{number}"
        self._deputy = deputy
        self.known: dict[str, Known] = {}
        #: The numbers and addresses that invites were promised to.
        self.addresses: dict[str, str] = {}
        self.calls: list[CallOfOneLife] = []
        #: What must be on record, for each visit: deeds and whom they were done to.
        self.promised: list[tuple[str, str, str | None]] = []
        self._entries: dict[str, int] = {}
        self.carried_out = 0
        self.failure: BaseException | None = None
        self._guests = 0
        self._number = number

    def work(self):
        """Gives commands until the daemon is gone."""
        self.calls = []
        try:
            while True:
                client = self.enter()
                for _ in range(REQUESTS_PER_SESSION):
                    self._act(client)
                    self.carried_out += 1
                client.close()
        except ConnectionError:
            pass
        except BaseException as failure:
            self.failure = failure

    def enter(self, token: str | None = None) -> Clerk:
        client = Clerk(self._port)
        token = token or self._make_token(self._person)
        client.request("session.open", {"token": token, "client": {"name": "test"}})
        return client

    def _make_token(self, person: str, role: str = "staff", **claims) -> str:
        return self._clinic.token(person, role, name="Astrid Ek", identified_by=(
            "staff" if role == "staff" else "e_id"), **claims)

    def _act(self, client: Clerk):
        mine = [visit for visit, known in self.known.items() if known.states == {"booked"}]
        if not mine or self.random.random() < 0.25:
            self._book(client)
            return
        begun = [visit for visit, known in self.known.items() if known.states == {"ongoing"}]
        if begun and len(self.calls) < CALLS and self.random.random() < 0.3:
            self._hold_call(self.random.choice(begun[-5:]))
            return
        visit = self.random.choice(mine)
        deeds = [self._describe, self._invite, self._revoke, self._start, self._cancel]
        self.random.choices(deeds, weights=[6, 4, 2, 1, 1])[0](client, visit, self.known[visit])

    def _book(self, client: Clerk):
        heading = f"Heading {self.random.random()}"
        made = client.request("visit.create", {
            "type": "videobesök", "heading": heading, "guests": [self._guest()],
            "scheduled": int(time.time() * 1_000) + HOUR * (24 + self._guests),
        })
        known = Known({heading}, {"booked"})
        self._note(known, made["invites"])
        self.known[made["visit"]["id"]] = known

    def _describe(self, client: Clerk, visit: str, known: Known):
        heading = f"Heading {self.random.random()}"
        known.heading.add(heading)
        client.request("visit.update", {"visit": visit, "heading": heading})
        known.heading = {heading}

    def _invite(self, client: Clerk, visit: str, known: Known):
        made = client.request("invite.create", {"visit": visit, "recipients": [self._guest()]})
        self._note(known, [entry["invite"] for entry in made["invites"]])

    def _revoke(self, client: Clerk, visit: str, known: Known):
        working = [invite for invite, is_revoked in known.invites.items() if is_revoked == {False}]
        if not working:
            return
        invite = self.random.choice(working)
        known.invites[invite] = {False, True}
        answer = client.request("invite.revoke", {"invite": invite})
        # What takes access away is carried out at once, and promised when it is on disk.
        if answer.get("durable", True):
            known.invites[invite] = {True}

    def _start(self, client: Clerk, visit: str, known: Known):
        known.states = {"booked", "ongoing"}
        client.request("visit.start", {"visit": visit})
        known.states = {"ongoing"}

    def _cancel(self, client: Clerk, visit: str, known: Known):
        known.states = {"booked", "cancelled"}
        answer = client.request("visit.cancel", {"visit": visit})
        if answer.get("durable", True):
            known.states = {"cancelled"}

    def _hold_call(self, visit: str):
        """Opens a call, has somebody knock, and does something with them."""
        if any(call.visit == visit for call in self.calls):
            return
        host = self.enter()
        call = CallOfOneLife(visit, host)
        self.calls.append(call)
        try:
            host.request("call.start", {"visit": visit})
        except Refused as refusal:
            # One of the life before, to which its people may still come back.
            assert refusal.reason == "call_exists", refusal
            host.request("call.join", {"visit": visit})
        self.promised.append((visit, "call.started", None))
        guest = self.enter(
            self._make_token(f"per_guest-{self._number}-{self._guests}", "guest", visit=visit))
        call.guest = guest
        self._guests += 1
        # The guests of earlier lives keep their places for a while after each start.
        self._entries[visit] = self._entries.get(visit, 0) + 1
        if self._entries[visit] % MOST_GUESTS == 0:
            call.places = {"gone"}
            self._treat(call, "end")
            return
        own = guest.request("call.join")["participant"]
        call.participant, call.places = own, {"lobby"}
        self.promised.append((visit, "participant.arrived", own))
        for deed in self.random.choice(COURSES):
            self._treat(call, deed)
        if self.random.random() < 0.2:
            self._take_over(visit)

    def _treat(self, call: "CallOfOneLife", deed: str):
        method, place, action = DEEDS[deed]
        call.places = call.places | {place}
        if deed == "end":
            answer = call.host.request(method)
            promise = (call.visit, action, None)
        else:
            answer = call.host.request(
                method, {"participant": call.participant} | (
                    {"agreed_with_patient": True} if deed == "admit" else {}))
            promise = (call.visit, action, call.participant)
        if answer.get("durable", True):
            call.places = {place}
            self.promised.append(promise)

    def _take_over(self, visit: str):
        self.enter().request("visit.add_staff", {"visit": visit, "person": self._deputy})
        deputy = self.enter(self._make_token(self._deputy))
        try:
            deputy.request("call.join", {"visit": visit})
        except Refused as refusal:
            assert refusal.reason == "no_call", refusal
        deputy.request("visit.takeover", {"visit": visit})
        self.promised.append((visit, "visit.responsible_changed", self._deputy))

    def _note(self, known: Known, invites: list[dict]):
        for invite in invites:
            known.invites[invite["id"]] = {False}
            self.addresses[invite["id"]] = invite.get("phone") or invite["email"]

    def _guest(self) -> dict:
        self._guests += 1
        address = (
            {"email": f"guest-{self._number}-{self._guests}@home.example"}
            if self.random.random() < 0.3
            else {"phone": f"07{self._number}{self._guests:07d}"}
        )
        return {"given_name": "Alex", "family_name": "Lind", "kind": "other", **address}

    @property
    def awaited(self) -> set[str]:
        """The numbers and addresses to which a message must have gone: nobody has taken the invite back."""
        return {
            self.addresses[invite]
            for known in self.known.values() if known.states <= {"booked", "ongoing"}
            for invite, is_revoked in known.invites.items() if is_revoked == {False}
        }

    def check_calls(self):
        """Whoever was let in, held or turned out in the life before is where that has put them."""
        for call in self.calls:
            if call.participant is None:
                continue
            try:
                snapshot = self.enter().request("call.join", {"visit": call.visit})["snapshot"]
            except Refused as refusal:
                assert refusal.reason == "no_call", refusal
                place = "gone"
            else:
                inside = {person["id"] for person in snapshot["roster"]}
                waiting = {person["participant"] for person in snapshot["lobby"]}
                assert not inside & waiting
                place = ("call" if call.participant in inside
                         else "lobby" if call.participant in waiting else "gone")
            assert place in call.places, call
        self.calls = []

    def check_record(self, recorded: set[tuple[str, str, str | None]]):
        """Each act that was promised to be on record is."""
        recorded = recorded | {(visit, action, None) for visit, action, _ in recorded}
        missing = [promise for promise in self.promised if promise not in recorded]
        assert not missing, missing[:5]

    def check(self, visits: list[str]):
        """Holds the daemon to its promises, and takes down what was left open."""
        for number, visit in enumerate(visits):
            if number % (REQUESTS_PER_SESSION // 2) == 0:
                client = self.enter()
            known = self.known[visit]
            held = client.request("visit.get", {"visit": visit})["visit"]
            assert held["heading"] in known.heading, visit
            assert held["state"] in known.states, visit
            listed = {
                entry["id"]: entry["state"] == "revoked"
                for entry in client.request("invite.list", {"visit": visit})["invites"]
            }
            for invite, is_revoked in known.invites.items():
                assert listed[invite] in is_revoked, invite
            known.heading, known.states = {held["heading"]}, {held["state"]}
            known.invites = {invite: {listed[invite]} for invite in known.invites}


@dataclass
class CallOfOneLife:
    """A call with one guest, and where the guest may be."""

    visit: str
    host: Clerk
    guest: Clerk | None = None
    participant: str | None = None
    places: set[str] = field(default_factory=set)


#: What is done to a guest: by which method, where that puts them, and how it is on record.
DEEDS = {
    "admit": ("lobby.admit", "call", "participant.admitted"),
    "hold": ("participant.hold", "lobby", "participant.held"),
    "remove": ("participant.remove", "gone", "participant.departed"),
    "deny": ("lobby.deny", "gone", "participant.departed"),
    "end": ("call.end", "gone", "call.ended"),
}
COURSES = [
    [], ["admit"], ["admit", "hold"], ["admit", "hold", "admit"], ["admit", "remove"],
    ["deny"], ["admit", "end"],
]


def recorded(state: Path) -> set[tuple[str, str, str | None]]:
    """All rows of the audit log about visits: visit, action, subject."""
    with closing(sqlite3.connect(f"file:{state}/samtal.db?mode=ro", uri=True)) as database:
        return set(database.execute(
            "SELECT visit, action, subject FROM audit WHERE visit IS NOT NULL"))


@pytest.fixture
def mail():
    server = MailServer(free_port())
    yield server
    server.stop()


@pytest.fixture
def gateway():
    stub = HTTPStub()
    yield stub
    stub.stop()


def test_no_promise_is_broken_by_being_killed(tmp_path, gateway, mail):
    print(f"SAMTAL_KILLS={KILLS} SAMTAL_SEED={SEED}")
    chance = random.Random(SEED)
    daemon = StoredDaemon(tmp_path, {
        "http.url": "https://video.clinic.example",
        "delivery.sms": gateway.url,
        "delivery.sms_template": '{"to": "{to}", "message": "{text}"}',
        "delivery.email": f"smtp://127.0.0.1:{mail.port}",
        "delivery.email_from": "no-reply@clinic.example",
        "log.level": "warning",
    })
    daemon.start()
    clinic = Clinic(daemon, "cli_demo", "demo")
    deputies = clinic.employ(*["Bo Alm"] * STAFF)
    staff = [Colleague(clinic, number, f"{SEED} {number}", deputy)
             for number, deputy in enumerate(deputies)]
    starts: list[float] = []
    for life in range(1, KILLS + 1):
        live_and_die(daemon, staff, chance, seek=life % SEEK_EVERY == 0)
        verify(tmp_path)
        begun = time.monotonic()
        daemon.start()
        starts.append(time.monotonic() - begun)
        rows = recorded(tmp_path)
        for colleague in staff:
            colleague.check_calls()
            colleague.check_record(rows)
            look(colleague, chance)
    for colleague in staff:
        colleague.check(list(colleague.known))
    numbers = set().union(*(colleague.awaited for colleague in staff))
    until(lambda: numbers <= {number for number, _ in [*sent(gateway), *mailed(mail)]},
          "a message was lost")
    daemon.stop()
    whole = verify(tmp_path)
    commands = sum(colleague.carried_out for colleague in staff)
    promised = sum(len(colleague.promised) for colleague in staff)
    print(f"{whole}; {commands} commands, {promised} acts in calls; "
          f"{len(gateway.posts)} posts and {len(mail.mails)} mails of {len(numbers)} messages")
    print(f"starts: median {sorted(starts)[len(starts) // 2]:.3f} s, last {starts[-1]:.3f} s")
    assert commands > KILLS
    # After a crash a message can be handed over again, but under the key that it had: the gateway
    # knows it for the same, and so do mail systems.
    for handed_over in (sent(gateway), mailed(mail)):
        assert handed_over and all(len(keys) == 1 for keys in handed_over.values())
        assert len({key for keys in handed_over.values() for key in keys}) == len(handed_over)


def sent(gateway: HTTPStub) -> dict[tuple[str, str], set[str]]:
    """The keys of what was handed over, by number and text."""
    keys: dict[tuple[str, str], set[str]] = {}
    for post in list(gateway.posts):
        message = post.json
        address = (message["to"], message["message"])
        keys.setdefault(address, set()).add(post.headers["Idempotency-Key"])
    return keys


def mailed(mail: MailServer) -> dict[tuple[str, str], set[str]]:
    """The Message-IDs of what was handed over, by address and content."""
    keys: dict[tuple[str, str], set[str]] = {}
    for letter in list(mail.mails):
        address = (letter.recipients[0], letter.message["Subject"] + letter.text)
        keys.setdefault(address, set()).add(letter.message["Message-ID"])
    return keys


def live_and_die(
    daemon: StoredDaemon, staff: list[Colleague], chance: random.Random, seek: bool
):
    """Everybody works until the daemon is killed, at a moment that nobody knows."""
    threads = [threading.Thread(target=colleague.work) for colleague in staff]
    for thread in threads:
        thread.start()
    threading.Event().wait(chance.uniform(0, LONGEST_LIFE))
    daemon.kill(seek)
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    for colleague in staff:
        if colleague.failure:
            raise colleague.failure


def look(colleague: Colleague, chance: random.Random):
    """Looks at what is open, and at some of what was promised before."""
    visits = [visit for visit, known in colleague.known.items() if known.is_open]
    visits += chance.sample(list(colleague.known), min(LOOKED_AT_AGAIN, len(colleague.known)))
    colleague.check(visits)
