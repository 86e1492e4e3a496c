"""The daemon stands behind a router that gives its ports other numbers outside."""

import pytest

from conftest import STAFF
from daemon import Daemon
from namespaces import PRIVILEGED, TranslatedNetwork
from visitor import CHROMIUM, Visitor, launch

OUTER_HTTP, OUTER_MEDIA = 8_088, 45_000


class InnerDaemon(Daemon):
    """Listens on the inner address, and announces the outer one."""

    host = TranslatedNetwork.INSIDE
    origin = f"http://{TranslatedNetwork.OUTER_GATEWAY}:{OUTER_HTTP}"

    def until_ready(self):
        """Its admin port cannot be reached from here; the links tell that it serves."""

    def seek_in_metrics(self):
        """Nor can its figures be read."""

@pytest.fixture
def network():
    with TranslatedNetwork() as network:
        yield network

@pytest.fixture
def daemon(network, tmp_path):
    announced = f"{network.OUTER_GATEWAY}:{OUTER_MEDIA}"
    running = InnerDaemon(tmp_path, announced=announced)
    network.translate(
        [("tcp", OUTER_HTTP, running.http_port), ("udp", OUTER_MEDIA, running.media_port)]
    )
    running.start(prefix=[*PRIVILEGED, *network.within(network.inside)])
    yield running
    running.stop()

@pytest.fixture
def browser(playwright, network, daemon, tmp_path):
    wrapper = tmp_path / "chromium-outside"
    inside = " ".join([*PRIVILEGED, *network.within(network.outside)])
    wrapper.write_text(f'#!/bin/sh\nexec {inside} {CHROMIUM} "$@"\n')
    wrapper.chmod(0o755)
    secure = f"--unsafely-treat-insecure-origin-as-secure={daemon.origin}"
    browser = launch(playwright, STAFF, secure, executable=str(wrapper))
    yield browser
    browser.close()

def outer(daemon, role: str) -> str:
    """A link as it is used outside."""
    return daemon.origin + "/call#" + daemon.links[role].partition("#")[2]

def test_pictures_go_both_ways_through_other_ports_outside(daemon, browser):
    staff, patient = Visitor(browser, STAFF), Visitor(browser, STAFF)
    staff.join(outer(daemon, "staff"))
    patient.knock(outer(daemon, "patient"))
    staff.admit()
    staff.until_sees(STAFF)
    patient.until_sees(STAFF)
    assert staff.errors + patient.errors == []
