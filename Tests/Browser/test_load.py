"""The load tester tells the truth: what the way does to packets is what it reports."""

import json
import re
import socket
import subprocess

import pytest

from daemon import SAMTALD, Daemon, free_port
from lossy import LossyNetwork, Weather

SEED = 4
#: Three people who see and hear the two others.
TRACKS = 3 * 2 * 2


@pytest.fixture
def network():
    """The way to and from the daemon, at first without a fault."""
    network = LossyNetwork(free_port(socket.SOCK_DGRAM), Weather(), SEED, upward=Weather())
    yield network
    network.stop()


@pytest.fixture
def daemon(tmp_path, network):
    running = Daemon(
        tmp_path, announced=f"127.0.0.1:{network.port}", media_port=network.target
    )
    running.start()
    yield running
    running.stop()


def start(daemon, *options: str) -> subprocess.Popen:
    """A load test of one room; a line of its progress comes every second."""
    files = ["--config", str(daemon.state / "samtald.conf"), "--state", str(daemon.state)]
    return subprocess.Popen(
        [SAMTALD.replace("samtald", "samtal"), "load", *files, "--ramp", "1s",
         "--json", str(daemon.state / "report.json"), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def load(daemon, *options: str, status: int = 0) -> dict:
    """The report of a whole test, which ends with the given status."""
    running = start(daemon, *options)
    table, progress = running.communicate(timeout=90)
    assert running.returncode == status, f"{progress}\n{table}"
    return json.loads((daemon.state / "report.json").read_text())


def test_on_a_clean_way_everything_comes_and_is_what_was_sent(daemon):
    report = load(daemon, "--duration", "8s", "--decode", "3")
    assert report["joining"]["joined"] == 3
    assert report["media"]["tracks_received"] == report["media"]["tracks_expected"] == TRACKS
    assert report["loss"]["lost"] == 0 and report["loss"]["expected"] > 2_000
    decoding = report["decoding"]
    assert decoding["pictures"] > 500 and decoding["stamps_heard"] > 30
    assert decoding["wrong"] == decoding["undecodable"] == 0
    assert decoding["psnr_mean_db"] > 30
    assert report["errors"] == {}


def test_two_percent_that_are_lost_on_the_way_down_are_reported_and_placed(daemon, network):
    network.weather.loss = 0.02
    loss = load(daemon, "--duration", "20s")["loss"]
    assert loss["lost_percent"] == pytest.approx(2, abs=0.5)
    assert loss["on_the_way"] >= 0.9 * loss["lost"] > 0
    assert loss["uplink_lost"] == 0


def test_two_percent_that_are_lost_on_the_way_up_are_reported_as_that(daemon, network):
    network.upward.loss = 0.02
    loss = load(daemon, "--duration", "20s")["loss"]
    assert loss["uplink_lost_percent"] == pytest.approx(2, abs=0.5)
    assert loss["before_server"] >= 0.9 * loss["lost"] > 0


def test_its_own_loss_is_told_apart_from_that_of_the_way(daemon):
    loss = load(daemon, "--duration", "10s", "--loss", "3")["loss"]
    assert loss["on_purpose"] > 0 and loss["uplink_on_purpose"] > 0
    assert loss["on_the_way"] <= 0.1 * loss["lost"]


def test_a_delay_on_the_way_is_reported(daemon, network):
    network.upward.delay = 0.08
    media = load(daemon, "--duration", "8s")["media"]
    assert 80 <= media["sound_delay_p50_ms"] < 110
    assert 80 <= media["picture_delay_p50_ms"] < 110


def test_a_way_that_stands_still_for_a_second_is_reported_as_freezes(daemon, network):
    running = start(daemon, "--duration", "9s")
    for line in running.stderr:
        if line.startswith("5 s:"):
            network.upward.loss = 1
        if line.startswith("6 s:"):
            network.upward.loss = 0
    running.communicate(timeout=60)
    media = json.loads((daemon.state / "report.json").read_text())["media"]
    assert media["freezes"] >= TRACKS
    assert 800 <= media["freeze_longest_ms"] < 3_000
    assert media["frozen_ms"] >= TRACKS * 800


def test_a_bound_that_is_passed_gives_status_one(daemon, network):
    network.weather.loss = 0.05
    report = load(daemon, "--duration", "8s", "--max-loss", "1", status=1)
    assert any(text.startswith("--max-loss") for text in report["exceeded"])


def test_guests_wait_come_and_go_and_everybody_resumes(daemon):
    report = load(
        daemon, "--rooms", "2", "--duration", "12s", "--guests-via-lobby",
        "--churn-per-minute", "60", "--reconnect-every", "4s",
    )
    assert report["joining"]["joined"] > 6 + 8
    assert report["joining"]["resumes"] >= 8
    assert report["joining"]["resume_p99_ms"] < 5_000
    assert report["media"]["tracks_received"] == report["media"]["tracks_expected"] > 0


@pytest.mark.parametrize("scheme", ["ws", "tcp"])
@pytest.mark.parametrize("profile", ["gcm", "cm"])
def test_every_way_in_and_every_profile_works(daemon, scheme, profile):
    port = daemon.http_port if scheme == "ws" else daemon.lines_port
    report = load(
        daemon, "--url", f"{scheme}://127.0.0.1:{port}", "--profile", profile,
        "--publish", "audio,video,screen", "--duration", "7s",
    )
    # Two of the three see the screen of the one who started the call.
    assert report["media"]["tracks_received"] == TRACKS + 2


@pytest.fixture
def encrypted(tmp_path):
    """A daemon with a certificate for localhost that nobody else trusts."""
    chain, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(chain)],
        check=True, capture_output=True,
    )
    running = Daemon(
        tmp_path, settings={"http.certificate": str(chain), "http.key": str(key)}
    )
    running.start()
    yield running
    running.stop()


def test_a_certificate_is_held_against_what_is_trusted(encrypted):
    url = ["--url", f"wss://localhost:{encrypted.http_port}", "--duration", "6s"]
    assert load(encrypted, *url)["joining"]["joined"] == 3
    others = ["--ca", "/etc/ssl/certs/ca-certificates.crt"]
    refused = load(encrypted, *url, *others, status=1)
    assert refused["joining"]["joined"] == 0 and refused["errors"]
    assert load(encrypted, *url, *others, "--insecure")["joining"]["joined"] == 3


@pytest.mark.parametrize("option", ["--loss", "--delay", "--decode", "--churn-per-minute"])
def test_a_sink_says_what_it_does_without(daemon, option):
    running = start(daemon, "--sink", option, "1s" if option == "--delay" else "1")
    _, complaint = running.communicate(timeout=20)
    assert running.returncode == 2 and f"{option} does not go with --sink" in complaint


def test_a_sink_counts_every_packet(daemon, network):
    report = load(daemon, "--sink", "--duration", "8s")
    assert report["media"]["tracks_received"] == TRACKS
    assert report["loss"]["lost"] == 0 and report["loss"]["expected"] > 2_000
    network.weather.loss = 0.02
    report = load(daemon, "--sink", "--duration", "15s")
    assert report["loss"]["lost_percent"] == pytest.approx(2, abs=0.6)


@pytest.mark.parametrize(
    "flag, value",
    [
        ("--rooms", "0"), ("--participants", "1"), ("--publish", "audio,smell"),
        ("--url", "http://127.0.0.1"), ("--loss", "120"), ("--delay", "soon"),
        ("--rate", "1"), ("--profile", "rc4"), ("--duration", "10"), ("--max-loss", "little"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_with_its_flag(daemon, flag, value):
    running = start(daemon, flag, value)
    _, complaint = running.communicate(timeout=20)
    assert running.returncode == 2
    assert re.search(rf"{flag} wants .*'{re.escape(value)}'", complaint), complaint
