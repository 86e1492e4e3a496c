"""What staff takes back is gone from live media within two seconds (H7), as browsers see it."""

import json

import pytest

from backend import BackEnd
from conftest import GUEST, PATIENT, STAFF

#: Seconds in which it must have taken effect.
AT_ONCE = 2

WAYS = {
    "revoke": lambda staff, guest: staff.request("invite.revoke", {"invite": "inv_demo-guest"}),
    "remove": lambda staff, guest: staff.request("participant.remove", {"participant": guest}),
    "end": lambda staff, guest: staff.request("call.end"),
}


@pytest.mark.parametrize("way", WAYS)
def test_media_of_whoever_is_turned_out_stops_at_once(daemon, staff, guest, way):
    staff.join(daemon.links["staff"])
    guest.knock(daemon.links["guest"])
    staff.admit()
    guest.until_place("call")
    staff.until_sees(GUEST)
    guest.until_sees(STAFF)
    WAYS[way](staff, guest.own_id())
    # The worker has forgotten the guest's transport: nothing can reach it or come from it.
    left = 0 if way == "end" else 1
    daemon.until(lambda: daemon.total("samtal_worker_peers") == left, patience=AT_ONCE)


def test_a_clinic_that_takes_a_session_back_stops_its_media_at_once(daemon, staff, patient):
    staff.join(daemon.links["staff"])
    patient.knock(daemon.links["patient"])
    staff.admit()
    patient.until_place("call")
    staff.until_sees(PATIENT)
    back_end = BackEnd(daemon)
    ended = back_end.ask("DELETE", "/v1/sessions", query={"person": "per_demo-patient"})
    assert ended.status == 200 and ended.json == {"ended": 1}
    daemon.until(lambda: daemon.total("samtal_worker_peers") == 1, patience=AT_ONCE)
    sessions = json.loads(daemon._ask("/v1/admin/sessions"))["sessions"]
    assert [session["role"] for session in sessions] == ["staff"]
    rows = back_end.ask("GET", "/v1/audit", query={"limit": 500}).json["entries"]
    [row] = [row for row in rows if row["action"] == "sessions.revoked"]
    assert row["subject"] == "per_demo-patient" and row["author"] == "key:demo"
    back_end.close()
