"""The operator's command line beside a running daemon: tokens, links, and one more clinic."""

import re
import subprocess

import pytest

from daemon import SAMTALD
from raw import Refused, WebSocketClient


def run(daemon, command: str, *options: str) -> subprocess.CompletedProcess:
    samtal = SAMTALD.replace("samtald", "samtal")
    files = ["--config", str(daemon.state / "samtald.conf"), "--state", str(daemon.state)]
    return subprocess.run(
        [samtal, *command.split(), *files, *options], capture_output=True, text=True, timeout=20
    )


def printed(daemon, command: str, *options: str) -> str:
    done = run(daemon, command, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_token_from_the_command_line_opens_a_session(daemon):
    link = printed(
        daemon, "token", "--role", "staff", "--person", "per_demo-staff", "--name", "Dr. Ek",
        "--visit", "vis_demo", "--identified-by", "e_id", "--link",
    )
    opened = WebSocketClient(daemon.http_port).open(link)
    assert opened["you"]["name"] == "Dr. Ek" and opened["you"]["identified_by"] == "e_id"


@pytest.mark.parametrize(
    "options",
    [
        ["--role", "king"],
        ["--role", "guest"],
        ["--role", "staff", "--ttl", "1 week"],
        ["--role", "staff", "--clinic", "cli_nowhere"],
        ["--role", "patient", "--identified-by", "staff"],
        ["--roll", "staff"],
    ],
    ids=" ".join,
)
def test_a_token_that_would_be_of_no_use_is_not_made(daemon, options):
    done = run(daemon, "token", *options)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("samtal: ")


def test_an_invite_from_the_command_line_opens_the_lobby(daemon):
    link = printed(
        daemon, "invite", "--visit", "vis_demo", "--given-name", "Sam", "--family-name", "Lind",
        "--phone", "070-174 06 35", "--kind", "relative",
    )
    staff, guest = (WebSocketClient(daemon.http_port) for _ in range(2))
    staff.open(daemon.links["staff"])
    staff.request("call.start")
    assert guest.open(link)["you"]["kind"] == "relative"
    assert guest.request("call.join")["place"] == "lobby"


def test_an_invite_that_is_refused_says_why(daemon):
    done = run(daemon, "invite", "--visit", "vis_demo", "--phone", "12")
    assert done.returncode == 1 and "bad_phone_number" in done.stderr


def test_a_clinic_that_is_added_is_served_and_sees_nothing_of_the_other(daemon):
    added = printed(daemon, "clinic add", "--name", "Kliniken Norr", "--clinic", "cli_north")
    assert re.search(r"^clinic: +cli_north$", added, re.MULTILINE)
    daemon.stop()
    # The configuration is used as it is now, not written anew.
    command = daemon.command
    kept = (daemon.state / "samtald.conf").read_text()
    daemon.command = lambda: (command(), (daemon.state / "samtald.conf").write_text(kept))[0]
    daemon.start()
    doctor = ("--role", "staff", "--person", "per_demo-staff", "--name", "Dr. Ek")
    north = WebSocketClient(daemon.http_port)
    opened = north.open(printed(daemon, "token", "--clinic", "cli_north", *doctor, "--link"))
    assert (opened["clinic"]["id"], opened["clinic"]["name"]) == ("cli_north", "Kliniken Norr")
    assert north.request("visit.list")["visits"] == []
    for method in ("visit.get", "call.start", "call.join", "invite.list"):
        with pytest.raises(Refused) as refused:
            north.request(method, {"visit": "vis_demo"})
        assert refused.value.reason == "visit_not_found", method
    crossed = printed(
        daemon, "token", "--clinic", "cli_north", *doctor, "--visit", "vis_demo", "--link"
    )
    with pytest.raises(Refused) as refused:
        WebSocketClient(daemon.http_port).open(crossed)
    assert refused.value.reason == "token_refused"
