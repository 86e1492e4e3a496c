"""The daemon is killed at random moments under a load of commands, and loses nothing it promised.

`SAMTAL_KILLS` says how often (25 where it says nothing, 1000 before a release), `SAMTAL_SEED` with
which random numbers.
"""

import os
import random
import threading
import time
from dataclasses import dataclass, field

import pytest

from gateways import HTTPStub, until
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
    """A member of staff who books visits and changes them until the connection breaks."""

    def __init__(self, daemon: StoredDaemon, number: int, seed: str):
        self.random = random.Random(seed)
        self._port = daemon.lines_port
        self._token = daemon.token(f"per_colleague-{number}")
        self.known: dict[str, Known] = {}
        #: The telephone numbers that invites were promised to.
        self.numbers: dict[str, str] = {}
        self.carried_out = 0
        self.failure: BaseException | None = None
        self._guests = 0
        self._number = number

    def work(self):
        """Gives commands until the daemon is gone."""
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

    def enter(self) -> Clerk:
        client = Clerk(self._port)
        client.request("session.open", {"token": self._token, "client": {"name": "test"}})
        return client

    def _act(self, client: Clerk):
        mine = [visit for visit, known in self.known.items() if known.states == {"booked"}]
        if not mine or self.random.random() < 0.25:
            self._book(client)
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

    def _note(self, known: Known, invites: list[dict]):
        for invite in invites:
            known.invites[invite["id"]] = {False}
            self.numbers[invite["id"]] = invite["phone"]

    def _guest(self) -> dict:
        self._guests += 1
        number = f"07{self._number}{self._guests:07d}"
        return {"given_name": "Alex", "family_name": "Lind", "phone": number, "kind": "other"}

    @property
    def awaited(self) -> set[str]:
        """The numbers to which a message must have gone: nobody has taken the invite back."""
        return {
            self.numbers[invite]
            for known in self.known.values() if known.states <= {"booked", "ongoing"}
            for invite, is_revoked in known.invites.items() if is_revoked == {False}
        }

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


@pytest.fixture
def gateway():
    stub = HTTPStub()
    yield stub
    stub.stop()


def test_no_promise_is_broken_by_being_killed(tmp_path, gateway):
    print(f"SAMTAL_KILLS={KILLS} SAMTAL_SEED={SEED}")
    chance = random.Random(SEED)
    daemon = StoredDaemon(tmp_path, {
        "http.url": "https://video.clinic.example",
        "delivery.sms": gateway.url,
        "delivery.sms_template": '{"to": "{to}", "message": "{text}"}',
        "log.level": "warning",
    })
    daemon.start()
    staff = [Colleague(daemon, number, f"{SEED} {number}") for number in range(STAFF)]
    starts: list[float] = []
    for _ in range(KILLS):
        live_and_die(daemon, staff, chance)
        verify(tmp_path)
        begun = time.monotonic()
        daemon.start()
        starts.append(time.monotonic() - begun)
        for colleague in staff:
            look(colleague, chance)
    for colleague in staff:
        colleague.check(list(colleague.known))
    numbers = set().union(*(colleague.awaited for colleague in staff))
    until(lambda: numbers <= {number for number, _ in sent(gateway)}, "a message was lost")
    daemon.stop()
    whole = verify(tmp_path)
    commands = sum(colleague.carried_out for colleague in staff)
    print(f"{whole}; {commands} commands, {len(gateway.posts)} posts of {len(numbers)} messages")
    print(f"starts: median {sorted(starts)[len(starts) // 2]:.3f} s, last {starts[-1]:.3f} s")
    assert commands > KILLS
    # After a crash a message can be handed over again, but under the key that it had: the gateway
    # knows it for the same.
    assert all(len(keys) == 1 for keys in sent(gateway).values())


def sent(gateway: HTTPStub) -> dict[tuple[str, str], set[str]]:
    """The keys of what was handed over, by number and text."""
    keys: dict[tuple[str, str], set[str]] = {}
    for post in list(gateway.posts):
        message = post.json
        address = (message["to"], message["message"])
        keys.setdefault(address, set()).add(post.headers["Idempotency-Key"])
    return keys


def live_and_die(daemon: StoredDaemon, staff: list[Colleague], chance: random.Random):
    """Everybody works until the daemon is killed, at a moment that nobody knows."""
    threads = [threading.Thread(target=colleague.work) for colleague in staff]
    for thread in threads:
        thread.start()
    threading.Event().wait(chance.uniform(0, LONGEST_LIFE))
    daemon.kill()
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
