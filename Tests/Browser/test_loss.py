"""The same call over a network that loses a tenth of everything and takes 100 ms each way."""

import socket

import pytest

from conftest import GUEST, PATIENT, STAFF, enter_all
from daemon import Daemon, free_port
from lossy import LossyNetwork, Weather

SEED = 20_251
#: Milliseconds: the whole watch, and its beginning, in which bit rates are still being found.
WATCH, SETTLING = 60_000, 10_000


@pytest.fixture
def daemon(tmp_path):
    port = free_port(socket.SOCK_DGRAM)
    network = LossyNetwork(port, Weather(), SEED)
    running = Daemon(tmp_path, announced=f"127.0.0.1:{network.port}", media_port=port)
    running.network = network
    running.start()
    yield running
    running.stop()
    network.stop()


def windows(records: list[dict], length: int, begin: float, end: float):
    """The records of each whole window, for every start that is half a window apart."""
    at = begin
    while at + length <= end:
        yield [record for record in records if at <= record["at"] < at + length]
        at += length / 2


def test_pictures_move_and_sound_is_heard_through_ten_percent_loss(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    daemon.network.weather = Weather(loss=0.1, delay=0.1)
    visitors = (staff, patient, guest)
    for visitor in visitors:
        visitor.forget()
    begin = staff.evaluate("performance.timeOrigin + performance.now()")
    now = "performance.timeOrigin + performance.now()"
    for visitor in visitors:
        visitor.until(f"{now} > {begin + WATCH}", patience=WATCH + 5_000)

    for visitor in visitors:
        frames, tones = visitor.evaluate("[probe.frames, probe.tones]")
        for publisher in {STAFF, PATIENT, GUEST} - {visitor.publisher}:
            who = f"seed {SEED}: {visitor.publisher} of {publisher}"
            mine = [frame for frame in frames if frame.get("publisher") == publisher]
            for window in windows(mine, 5_000, begin + SETTLING, begin + WATCH):
                codes = len({frame["frame"] for frame in window})
                assert codes >= 12 * 5, f"{who}: {codes} pictures in 5 s"
            mine = [tone for tone in tones if tone["publisher"] == publisher]
            for window in windows(mine, 1_000, begin + SETTLING, begin + WATCH):
                assert window, f"{who}: a second without the tone"
        assert visitor.evaluate("probe.concealed()") < 0.12, f"seed {SEED}: {visitor.publisher}"
