"""Links from outside: what does not let anybody in is all one, and looking uses nothing up."""

import statistics
import time
import urllib.request

import pytest

from raw import Refused, WebSocketClient


#: How often each link is tried.
ROUNDS = 40


def refusal(daemon, secret: str) -> tuple[dict, float]:
    """The whole error for a link, and the seconds that it took."""
    client = WebSocketClient(daemon.http_port)
    started = time.perf_counter()
    with pytest.raises(Refused) as refused:
        client.request("session.open", {"invite": secret})
    elapsed = time.perf_counter() - started
    client.close()
    return refused.value.args[0], elapsed


def secret(link: str) -> str:
    return link.rpartition("=")[2]


def expired(clinic) -> str:
    """The secret of a link whose time is over."""
    clinic.set(link_lifetime=0)
    staff = clinic.staff()
    booking = clinic.book(staff, guests=[
        {"given_name": "Ali", "family_name": "Ekström", "phone": "070-174 06 05", "kind": "other"}
    ])
    return clinic.link_secret(booking.invites[0]["id"])


def test_links_of_no_use_are_answered_alike_in_body_and_time(clinic):
    daemon = clinic.daemon
    staff = WebSocketClient(daemon.http_port)
    staff.open(daemon.links["staff"])
    revoked = secret(daemon.links["guest"])
    staff.request("invite.revoke", {"invite": revoked.split(".")[0]})
    code = "A" * 32
    links = {
        "revoked": revoked,
        "expired": expired(clinic),
        "forged": revoked[:-4] + "AAAA",
        "older": revoked.replace(".1.", ".2."),
        "unknown": f"inv_nobody.1.{code}",
        "nonsense": "x",
    }
    bodies, times = {}, {name: [] for name in links}
    for _ in range(ROUNDS):
        for name, link in links.items():
            bodies[name], elapsed = refusal(daemon, link)
            times[name].append(elapsed)
    assert all(body == bodies["unknown"] for body in bodies.values()), bodies
    assert bodies["unknown"]["data"] == {"reason": "invite_refused", "field": "invite"}
    # The quickest answers show what each kind costs; by them a difference would be told that is
    # larger than what one answer varies by.
    quickest = [sorted(values)[ROUNDS // 4] for values in times.values()]
    spread = statistics.median(
        sorted(values)[ROUNDS * 3 // 4] - sorted(values)[ROUNDS // 4] for values in times.values())
    assert max(quickest) - min(quickest) < max(spread, 0.0005), (quickest, spread)


def test_a_preview_uses_nothing_up_and_tells_no_one_where_it_was(daemon):
    page, _, fragment = daemon.links["guest"].partition("#")
    for path in (page, f"{page}?{fragment}"):
        for method in ("GET", "HEAD"):
            request = urllib.request.Request(path, method=method)
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    assert answer.headers["Referrer-Policy"] == "no-referrer"
                    assert "Set-Cookie" not in answer.headers
                    assert secret(daemon.links["guest"]).encode() not in answer.read()
            except urllib.error.HTTPError as refused:
                assert refused.code == 404
    opened = WebSocketClient(daemon.http_port).open(daemon.links["guest"])
    assert opened["you"]["identified_by"] == "personal_link"


def test_a_link_stands_in_no_log(daemon):
    WebSocketClient(daemon.http_port).open(daemon.links["guest"])
    for link in daemon.links.values():
        assert secret(link) not in daemon.log.read_text()
