"""The signaling door with a client that ignores the pages: over WebSocket and plain TCP lines."""

import json

import pytest
from websockets.exceptions import InvalidHandshake

from raw import LineClient, Refused, WebSocketClient

#: Every method, with arguments that would be right for staff.
METHODS = {
    "call.start": {},
    "call.end": {},
    "call.accept": {},
    "call.decline": {},
    "lobby.admit": {"participant": "self"},
    "lobby.deny": {"participant": "self"},
    "lobby.admit_all": {},
    "participant.hold": {"participant": "staff"},
    "participant.remove": {"participant": "staff"},
    "participant.mute": {"participant": "staff", "muted": True},
    "pin.set": {"pins": [{"participant": "staff", "source": "camera"}]},
}
#: How they are refused to somebody who waits.
REFUSALS = {"not_permitted", "not_in_call", "request_not_found"}


@pytest.fixture(params=["websocket", "lines"])
def connect(request, daemon):
    """Makes clients of one transport; every test runs over both."""
    clients = []

    def make():
        if request.param == "websocket":
            clients.append(WebSocketClient(daemon.http_port))
        else:
            clients.append(LineClient(daemon.lines_port))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_a_session_opens_and_a_call_starts(daemon, connect):
    staff = connect()
    opened = staff.open(daemon.links["staff"])
    assert opened["you"]["role"] == "staff"
    started = staff.request("call.start")
    assert started["place"] == "call"
    assert [person["you"] for person in started["snapshot"]["roster"]] == [True]


def test_who_waits_in_the_lobby_can_let_nobody_in_and_learns_nothing(daemon, connect):
    staff, guest = connect(), connect()
    staff.open(daemon.links["staff"])
    roster = staff.request("call.start")["snapshot"]["roster"]
    opened = guest.open(daemon.links["guest"])
    joined = guest.request("call.join")
    assert joined["place"] == "lobby"
    own = opened["you"].get("participant") or joined.get("participant", "prt_unknown")
    people = {"self": own, "staff": roster[0]["id"]}

    for method, params in METHODS.items():
        text = json.dumps(params)
        for word, identifier in people.items():
            text = text.replace(f'"{word}"', json.dumps(identifier))
        with pytest.raises(Refused) as refusal:
            guest.request(method, json.loads(text))
        assert refusal.value.reason in REFUSALS, method

    # Nothing of the above has moved anybody.
    assert staff.request("lobby.admit_all")["admitted"] == [own]
    told = json.dumps([opened, joined, guest.notifications])
    assert roster[0]["id"] not in told
    assert roster[0]["name"] not in told
    assert "roster" not in told and "visit" not in opened


def test_a_lost_session_is_resumed_with_its_secret_alone(daemon, connect):
    staff = connect()
    opened = staff.open(daemon.links["staff"])
    staff.request("call.start")
    credentials = {"session": opened["session"], "secret": opened["resume_secret"], "seq": 0}

    with pytest.raises(Refused):
        connect().request("session.open", {"resume": {**credentials, "secret": "x" * 43}})
    again = connect().request("session.open", {"resume": credentials})
    assert again["session"] == opened["session"]


def test_nothing_is_answered_before_the_session_is_open(daemon, connect):
    stranger = connect()
    for method in ("call.start", "call.join", "call.end", "lobby.admit_all", "self.update"):
        with pytest.raises(Refused) as refusal:
            stranger.request(method)
        assert refusal.value.reason == "session_not_open", method


def test_broken_json_costs_its_sender_only_the_message_or_the_connection(daemon, connect):
    bystander = connect()
    bystander.open(daemon.links["staff"])
    for text in ("{", "[" * 5_000, '{"id":1,"id":2}', '"' + "x" * 100_000 + '"'):
        broken = connect()
        broken.send(text)
    assert bystander.request("call.start")["place"] == "call"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_a_page_of_another_origin_is_turned_away(daemon, origin):
    with pytest.raises(InvalidHandshake):
        WebSocketClient(daemon.http_port, origin=origin)


def test_links_that_do_not_exist_are_refused_alike(daemon, connect):
    secret = daemon.links["guest"].rpartition("=")[2]
    forged = secret[:-1] + ("B" if secret[-1] == "A" else "A")
    reasons = set()
    for secret in ("x", "x" * 43, forged):
        with pytest.raises(Refused) as refusal:
            connect().request("session.open", {"invite": secret})
        reasons.add(refusal.value.reason)
    assert len(reasons) == 1
