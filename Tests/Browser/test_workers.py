"""A call of three whose media is on three workers, as one with more people than a worker takes."""

import pytest

from conftest import GUEST, PATIENT, STAFF, enter_all
from daemon import Daemon
# Holds on several workers, too, and is run here on the daemon below.
from test_call import test_a_reload_brings_the_page_back_into_the_call  # noqa: F401
from test_load import load


@pytest.fixture
def daemon(tmp_path):
    settings = {"media.workers": "3", "media.peers_per_worker": "1"}
    running = Daemon(tmp_path, settings=settings, media_ports=3)
    running.start()
    yield running
    running.stop()


def test_people_on_three_workers_see_and_hear_one_another(daemon, staff, patient, guest):
    enter_all(daemon, staff, patient, guest)
    for visitor in (staff, patient, guest):
        visitor.until_hears(*({STAFF, PATIENT, GUEST} - {visitor.publisher}))
    # Figures are put up twice a second.
    daemon.until(lambda: peers(daemon) == [1, 1, 1])
    daemon.until(lambda: daemon.total("samtal_packets_crossed_total") > 100)
    assert daemon.total("samtal_crossings_lost_total") == 0


def peers(daemon) -> list[float]:
    """How many people each of the three workers has."""
    figures = daemon.metrics()
    return [figures[f'samtal_worker_peers{{worker="{index}"}}'] for index in range(3)]


def test_a_load_test_of_a_room_on_three_workers_misses_nothing(tmp_path):
    settings = {"media.workers": "3", "media.peers_per_worker": "5"}
    running = Daemon(tmp_path, settings=settings, media_ports=3)
    running.start()
    try:
        report = load(running, "--participants", "12", "--duration", "5s")
    finally:
        running.stop()
    assert report["media"]["tracks_received"] == report["media"]["tracks_expected"] == 12 * 11 * 2
    assert report["loss"]["lost"] == 0
    assert report["errors"] == {}


def test_who_is_held_is_gone_from_all_workers_and_back_after_admission(
    daemon, staff, patient, guest
):
    enter_all(daemon, staff, patient, guest)
    staff.page.locator(f"#participants [data-participant='{guest.own_id()}'] .hold").click()
    guest.until_place("lobby")
    patient.until("document.querySelectorAll('.tile:not([hidden])').length === 1")
    for visitor in (staff, patient, guest):
        visitor.forget()
    staff.admit()
    guest.until_sees(STAFF, PATIENT)
    for visitor in (staff, patient):
        visitor.until_sees(GUEST)
