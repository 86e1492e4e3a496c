"""What staff takes back is gone from live media within two seconds (H7), as browsers see it."""

import pytest

from conftest import GUEST, STAFF

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
