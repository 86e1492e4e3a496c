"""A clinic's back end is told what happens, in order and signed, whatever dies in between."""

import base64
import hmac
import json
import os
import re
import time
import urllib.request

import pytest

from daemon import Daemon, encode
from gateways import HTTPStub, until
from raw import WebSocketClient
from upkeep import samtal

KEY = os.urandom(32)
CANARIES = ["Kim Berg", "Hosta och feber", "Alex Lind", "Astrid"]


class ToldDaemon(Daemon):
    """A daemon whose demo clinic has a key for its webhook."""

    reach = "any"

    @property
    def configuration(self) -> str:
        return super().configuration + f"delivery.webhooks: {self.reach}\n"

    def set_webhook(self, url: str | None):
        """As the clinic's back end does it."""
        secrets = (self.state / "secrets").read_text()
        clinic, key = re.search(r"^token\.demo: (\S+) (\S+)$", secrets, re.MULTILINE).groups()
        now = int(time.time())
        claims = {
            "iss": "demo", "sub": "per_back-end", "iat": now, "nbf": now, "exp": now + 300,
            "samtal": {"clinic": clinic, "role": "backend"},
        }
        parts = [encode(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = ".".join(parts)
        secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        token = signed + "." + encode(hmac.digest(secret, signed.encode(), "sha256"))
        path = f"http://127.0.0.1:{self.http_port}/v1/clinics/{clinic}/settings"
        headers = {"Authorization": f"Bearer {token}"}
        with urllib.request.urlopen(urllib.request.Request(path, headers=headers)) as answer:
            headers["If-Match"] = answer.headers["ETag"]
        headers["Content-Type"] = "application/json"
        body = json.dumps({"webhook": url}).encode()
        request = urllib.request.Request(path, data=body, headers=headers, method="PATCH")
        with urllib.request.urlopen(request) as answer:
            assert json.load(answer)["webhook"] == url


@pytest.fixture
def stub():
    stub = HTTPStub()
    yield stub
    stub.stop()


def make_clinic(tmp_path, reach: str) -> ToldDaemon:
    clinic = ToldDaemon(tmp_path)
    clinic.reach = reach
    clinic.start()
    clinic.stop()
    with (tmp_path / "secrets").open("a") as secrets:
        secrets.write(f"webhook.cli_demo: {encode(KEY)}\n")
    clinic.start()
    return clinic


@pytest.fixture
def clinic(tmp_path):
    running = make_clinic(tmp_path, "any")
    yield running
    running.stop()


def hold_a_call(daemon: Daemon):
    """Staff starts a call, lets the guest in, and ends it."""
    staff, guest = WebSocketClient(daemon.http_port), WebSocketClient(daemon.http_port)
    staff.open(daemon.links["staff"])
    guest.open(daemon.links["guest"])
    staff.request("call.start")
    waiting = guest.request("call.join")["participant"]
    staff.request("lobby.admit", {"participant": waiting})
    guest.request("call.leave")
    staff.request("call.end")
    for client in (staff, guest):
        client.close()


def calls_on_record(daemon: Daemon) -> int:
    """How many calls have ended for good: an end holds at once, before it is on disk."""
    listed = samtal("audit", "list", "--state", str(daemon.state))
    assert listed.returncode == 0, listed.stderr
    return sum(json.loads(row)["action"] == "call.ended" for row in listed.stdout.splitlines())


def check(post):
    """The signature is ours, and the body says nothing of a person."""
    timestamp = post.headers["Samtal-Timestamp"]
    mac = hmac.new(KEY, timestamp.encode() + b"." + post.body, "sha256").hexdigest()
    assert post.headers["Samtal-Signature"] == f"v1={mac}"
    assert abs(int(timestamp) - time.time()) < 60
    assert not [canary for canary in CANARIES if canary.encode() in post.body]


def taken(stub: HTTPStub) -> list[dict]:
    """What was told, each event once."""
    return list({event["id"]: event for event in (post.json for post in stub.posts)}.values())


def has_ended(stub: HTTPStub, calls: int) -> bool:
    return [event["type"] for event in taken(stub)].count("call.ended") == calls


def test_a_back_end_is_told_everything_in_order(clinic, stub):
    clinic.set_webhook(f"{stub.url}/hook")
    hold_a_call(clinic)
    until(lambda: has_ended(stub, 1), "the end was not told")
    for post in stub.posts:
        assert post.path == "/hook"
        check(post)
    events = taken(stub)
    assert len(events) == len(stub.posts), "told twice without need"
    assert {event["visit"] for event in events} == {"vis_demo"}
    sequence = [event["sequence"] for event in events]
    assert sequence == list(range(sequence[0], sequence[0] + len(events)))
    types = [event["type"] for event in events]
    assert types.index("call.started") < types.index("participant.admitted")
    by_type = {}
    for index, event in enumerate(events):
        participant = event["details"].get("participant")
        by_type.setdefault((event["type"], participant), index)
    for (kind, participant), index in by_type.items():
        if kind == "participant.departed":
            assert by_type["participant.arrived", participant] < index


def test_nothing_is_lost_while_the_back_end_is_away_and_the_daemon_dies(clinic, stub):
    clinic.set_webhook(stub.url)
    hold_a_call(clinic)
    until(lambda: has_ended(stub, 1), "the first end was not told")
    stub.status = 503
    hold_a_call(clinic)
    until(lambda: stub.posts[-1].json["type"] == "call.started", "nothing was tried")
    refused = stub.posts[-1].json
    until(lambda: calls_on_record(clinic) == 2, "the second end never reached the disk")
    clinic.kill()
    clinic.start()
    hold_a_call(clinic)
    # Tried again, with the same name, and nothing before it was taken.
    until(lambda: len([p for p in stub.posts if p.json["id"] == refused["id"]]) > 1, "not again")
    assert stub.posts[-1].json == refused
    stub.status = 200
    until(lambda: has_ended(stub, 3), "not all ends were told")
    sequence = [event["sequence"] for event in taken(stub)]
    assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))


def test_a_clinic_cannot_point_its_webhook_into_the_house(tmp_path, stub):
    clinic = make_clinic(tmp_path, "public")
    try:
        port = stub.url.rpartition(":")[2]
        for url, reason in (
            (f"http://127.0.0.1:{port}/", "misdirected"),
            (f"https://localhost:{port}/", "private_target"),
        ):
            clinic.set_webhook(url)
            hold_a_call(clinic)
            told = re.compile(rf'"event":"webhook_not_sent",.*"reason":"{reason}"')
            clinic.until(lambda: told.search(clinic.log.read_text()))
        assert stub.posts == []
    finally:
        clinic.stop()
