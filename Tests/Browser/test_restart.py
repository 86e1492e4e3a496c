"""The daemon is stopped and started again: what was decided is still there."""

from raw import WebSocketClient


def test_visits_and_links_outlive_the_process(daemon):
    opened = {}
    for role, link in daemon.links.items():
        opened[role] = WebSocketClient(daemon.http_port).open(link)
    links = dict(daemon.links)

    daemon.stop()
    daemon.start()

    assert daemon.links["guest"] == links["guest"]
    for role, link in links.items():
        again = WebSocketClient(daemon.http_port).open(link)
        assert again["clinic"] == opened[role]["clinic"]
        assert again["you"] == opened[role]["you"]
        assert again.get("visit") == opened[role].get("visit")


def test_a_call_can_be_started_again_after_a_restart(daemon, staff, patient):
    staff.join(daemon.links["staff"])
    daemon.stop()
    daemon.start()
    staff.join(daemon.links["staff"])
    patient.knock(daemon.links["patient"])
    staff.admit()
    patient.until_sees(staff.publisher)
    staff.until_sees(patient.publisher)
