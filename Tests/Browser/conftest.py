"""What the browser tests share: a daemon for each test, three browsers for the whole run."""

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from clinic import Clinic
from daemon import Daemon
from post import PostOffice
from visitor import Visitor, launch

STAFF, PATIENT, GUEST = 1, 2, 3


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright):
    opened = {who: launch(playwright, who) for who in (STAFF, PATIENT, GUEST)}
    yield opened
    for browser in opened.values():
        browser.close()


@pytest.fixture
def daemon(tmp_path: Path):
    running = Daemon(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def clinic(tmp_path: Path):
    """A clinic on a daemon of its own, which holds another clinic too."""
    running = Daemon(
        tmp_path, clinics={"cli_north": "Kliniken Norr"}, settings={"log.level": "debug"})
    running.start()
    clinic = Clinic(running, "cli_demo", "demo")
    yield clinic
    clinic.close()
    running.stop()


@pytest.fixture
def post():
    """What a clinic's messages are sent through."""
    office = PostOffice()
    yield office
    office.close()


@pytest.fixture
def sending_clinic(tmp_path: Path, post: PostOffice):
    """A clinic whose messages go out to `post`."""
    running = Daemon(tmp_path, clinics={"cli_north": "Kliniken Norr"}, settings=post.settings)
    running.start()
    clinic = Clinic(running, "cli_demo", "demo")
    yield clinic
    clinic.close()
    running.stop()


@pytest.fixture
def other_clinic(clinic: Clinic):
    """The other clinic on the same daemon."""
    other = Clinic(clinic.daemon, "cli_north", "north")
    yield other
    other.close()


@pytest.fixture
def visit(browsers):
    """Makes visitors; afterwards no page may have met an error or asked a foreign host."""
    visitors: list[Visitor] = []

    def make(publisher: int) -> Visitor:
        visitors.append(Visitor(browsers[publisher], publisher))
        return visitors[-1]

    yield make
    errors = [error for visitor in visitors for error in visitor.errors]
    for visitor in visitors:
        visitor.close()
    assert errors == []


@pytest.fixture
def staff(visit) -> Visitor:
    return visit(STAFF)


@pytest.fixture
def patient(visit) -> Visitor:
    return visit(PATIENT)


@pytest.fixture
def guest(visit) -> Visitor:
    return visit(GUEST)


def enter_all(daemon: Daemon, staff: Visitor, patient: Visitor, guest: Visitor) -> None:
    """All three in the call, each with the pictures of the two others."""
    staff.join(daemon.links["staff"])
    for visitor in (patient, guest):
        visitor.knock(daemon.links["patient" if visitor is patient else "guest"])
        staff.admit()
        visitor.until_place("call")
    for visitor in (staff, patient, guest):
        visitor.until_sees(*({STAFF, PATIENT, GUEST} - {visitor.publisher}))
