"""The HTTP API of back ends, feature by feature, over a real socket."""

import http.client
import json
import signal
import socket

import pytest

from backend import CLINIC, BackEnd, token
from daemon import Daemon
from raw import Refused, WebSocketClient

PATIENT = {"person": "per_kim", "name": "Kim Berg", "phone": "070-174 06 05"}
GUEST = {"given_name": "Ali", "family_name": "Ek", "phone": "070 174 06 06", "kind": "interpreter"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


@pytest.fixture
def back_end(daemon: Daemon):
    opened = BackEnd(daemon)
    yield opened
    opened.close()


def exchange(port: int, request: bytes) -> bytes:
    """Sends bytes and reads until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while data := connection.recv(65_536):
            received += data
        return received


def test_a_visit_is_booked_and_lives(back_end: BackEnd):
    booked = back_end.book(patient=PATIENT, guests=[GUEST], heading="Utslag")
    path = booked.fields["location"]
    visit = booked.json["visit"]
    assert visit["state"] == "booked" and visit["heading"] == "Utslag"
    assert {invite["role"] for invite in booked.json["invites"]} == {"patient", "guest"}
    shown = back_end.ask("GET", path)
    assert shown.json["visit"] == visit
    moved = visit["scheduled"] + 3_600_000
    changed = back_end.ask("PATCH", path, {"scheduled": moved}, match=shown.fields["etag"])
    assert changed.json["visit"]["scheduled"] == moved
    assert back_end.ask("POST", path + "/start").json["visit"]["state"] == "ongoing"
    assert back_end.ask("POST", path + "/close").json["visit"]["state"] == "closed"
    assert back_end.ask("POST", path + "/start").status == 409


def test_a_change_names_its_version(back_end: BackEnd):
    path = back_end.book().fields["location"]
    tag = back_end.ask("GET", path).fields["etag"]
    assert back_end.ask("PATCH", path, {"heading": "A"}).status == 428
    assert back_end.ask("PATCH", path, {"heading": "A"}, match='"x"').status == 412
    assert back_end.ask("PATCH", path, {"heading": "A"}, match=tag).status == 200
    assert back_end.ask("PATCH", path, {"heading": "B"}, match=tag).reason == "version_mismatch"
    assert back_end.ask("DELETE", path, match=tag).status == 412
    assert back_end.ask("DELETE", path).json["visit"]["state"] == "cancelled"


def test_overlaps_are_warned_of(back_end: BackEnd):
    first = back_end.book(patient=PATIENT).json["visit"]
    second = back_end.book(patient=PATIENT, scheduled=first["scheduled"]).json
    codes = {warning["code"] for warning in second["warnings"]}
    assert codes == {"staff_overlap", "patient_overlap"}
    assert {warning["visit"] for warning in second["warnings"]} == {first["id"]}


def test_a_portal_lists_a_persons_visits_with_their_link(daemon: Daemon, back_end: BackEnd):
    booked = back_end.book(patient=PATIENT, agreed_with_patient=True).json["visit"]
    back_end.book()
    listed = back_end.ask("GET", "/v1/visits", query={"person": "per_kim"}).json["visits"]
    assert [visit["id"] for visit in listed] == [booked["id"]]
    client = WebSocketClient(daemon.http_port)
    opened = client.open(listed[0]["link"])
    client.close()
    assert opened["you"]["role"] == "patient" and opened["you"]["name"] == "Kim Berg"


def test_a_list_comes_page_by_page(back_end: BackEnd):
    for _ in range(5):
        back_end.book()
    seen, query = [], {"limit": 2, "states": "booked"}
    while True:
        page = back_end.ask("GET", "/v1/visits", query=query).json
        seen += [visit["id"] for visit in page["visits"]]
        if "next" not in page:
            break
        query["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) == 5


def test_guests_are_invited_one_by_one(back_end: BackEnd):
    path = back_end.book().fields["location"] + "/invites"
    bad = {**GUEST, "phone": "12"}
    invited = back_end.ask("POST", path, {"recipients": [GUEST, bad]})
    accepted, refused = invited.json["invites"]
    assert accepted["status"] == "accepted" and accepted["invite"]["phone"] == "+46701740606"
    assert refused["status"] == "refused" and refused["reason"] == "bad_phone_number"
    assert refused["index"] == 1 and refused["field"].endswith("phone")
    invite = f"{path}/{accepted['invite']['id']}"
    assert back_end.ask("POST", invite + "/resend").status in (200, 202)
    assert back_end.ask("DELETE", invite).json["invite"]["state"] == "revoked"
    assert [one["state"] for one in back_end.ask("GET", path).json["invites"]] == ["revoked"]


def test_the_general_link_is_rotated_and_switched_off(daemon: Daemon, back_end: BackEnd):
    path = "/v1/visits/vis_demo/general-link"
    old = back_end.ask("GET", path).json["link"]
    new = back_end.ask("POST", path).json["link"]
    client = WebSocketClient(daemon.http_port)
    with pytest.raises(Refused):
        client.open(old)
    assert client.open(new)["you"]["role"] == "guest"
    client.close()
    assert back_end.ask("DELETE", path).json["link"] is None


def test_the_call_is_shown_and_ended(daemon: Daemon, back_end: BackEnd):
    path = "/v1/visits/vis_demo/call"
    assert back_end.ask("GET", path).json == {"call": None}
    assert back_end.ask("DELETE", path).reason == "no_call"
    staff = WebSocketClient(daemon.http_port)
    staff.open(daemon.links["staff"])
    staff.request("call.start")
    assert back_end.ask("GET", path).json["call"]["state"] == "open"
    assert back_end.ask("DELETE", "/v1/visits/vis_demo").reason == "call_open"
    assert back_end.ask("DELETE", path).json == {"call": None}
    staff.close()


def test_a_minted_token_opens_a_session(daemon: Daemon, back_end: BackEnd):
    wanted = {"person": "per_eva", "role": "staff", "name": "Eva Ek", "lifetime": 60}
    minted = back_end.ask("POST", "/v1/tokens", wanted)
    assert minted.status == 201
    client = WebSocketClient(daemon.http_port)
    opened = client.request("session.open", {"token": minted.json["token"]})
    client.close()
    assert opened["you"]["name"] == "Eva Ek"
    assert back_end.ask("POST", "/v1/tokens", {**wanted, "role": "guest"}).json["field"] == "role"


def test_settings_and_directory_are_changed(back_end: BackEnd):
    settings, directory = f"/v1/clinics/{CLINIC}/settings", f"/v1/clinics/{CLINIC}/directory"
    tag = back_end.ask("GET", settings).fields["etag"]
    changed = back_end.ask("PATCH", settings, {"join_button": "Kom in"}, match=tag)
    assert changed.json["join_button"] == "Kom in"
    assert back_end.ask("PATCH", settings, {"rings": 0}, match="*").json["field"] == "rings"
    people = {
        "units": [{"id": "uni_a", "name": "Mottagningen"}],
        "people": [{"person": "per_a", "given_name": "Åsa", "unit": "uni_a", "role": "läkare"}],
    }
    assert back_end.ask("PATCH", directory, people, match="*").json["people"] == people["people"]


def test_a_background_image_is_kept(daemon: Daemon, back_end: BackEnd):
    folder = f"/v1/clinics/{CLINIC}/backgrounds"
    path = f"{folder}/bac_forest"
    assert back_end.ask("PUT", path, PNG, Content_Type="image/png").status == 200
    assert back_end.ask("PUT", path, b"<svg/>", Content_Type="image/svg+xml").status == 415
    assert back_end.ask("PUT", path, b"\0" * 600_000, Content_Type="image/png").status == 413
    assert [one["id"] for one in back_end.ask("GET", folder).json["backgrounds"]] == ["bac_forest"]
    daemon.stop()
    daemon.start()
    page = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)
    page.request("GET", path)
    answer = page.getresponse()
    assert answer.status == 200 and answer.read() == PNG
    assert answer.headers["content-type"] == "image/png"
    page.close()
    assert BackEnd(daemon).ask("DELETE", path).status == 200
    assert BackEnd(daemon).ask("GET", path).status == 404


def test_the_audit_log_is_read_and_says_so(daemon: Daemon, back_end: BackEnd):
    visit = back_end.book(patient=PATIENT).json["visit"]["id"]
    rows = back_end.ask("GET", "/v1/audit", query={"visit": visit}).json["entries"]
    assert rows[0]["action"] == "visit.created" and rows[0]["author"] == "key:demo"
    assert {row["visit"] for row in rows} == {visit}
    first = back_end.ask("GET", "/v1/audit", query={"limit": 3}).json
    second = back_end.ask("GET", "/v1/audit", query={"limit": 3, "cursor": first["next"]}).json
    numbers = [row["number"] for row in first["entries"] + second["entries"]]
    assert len(numbers) == 6 and numbers == sorted(set(numbers))

    def everything():
        return back_end.ask("GET", "/v1/audit", query={"limit": 500}).json["entries"]

    daemon.until(lambda: "audit.read" in {row["action"] for row in everything()})
    assert "Kim" not in json.dumps(everything())


def test_a_request_sent_again_after_a_crash_makes_nothing_new(daemon: Daemon, back_end: BackEnd):
    visit = {
        "type": "videobesök",
        "responsible": {"person": "per_doctor"},
        "patient": PATIENT,
        "guests": [GUEST],
    }
    first = back_end.ask("POST", "/v1/visits", visit, key="again-1")
    daemon._process.send_signal(signal.SIGKILL)
    daemon._process.communicate()
    daemon.start()
    restarted = BackEnd(daemon)
    second = restarted.ask("POST", "/v1/visits", visit, key="again-1")
    assert first.status == second.status == 201
    assert second.json["visit"]["id"] == first.json["visit"]["id"]
    assert [one["id"] for one in second.json["invites"]] == [
        one["id"] for one in first.json["invites"]
    ]
    third = restarted.ask("POST", "/v1/visits", {**visit, "heading": "X"}, key="again-1")
    assert third.reason == "idempotency_key_reused"
    everything = restarted.ask("GET", "/v1/visits", query={"person": "per_kim"}).json["visits"]
    assert len(everything) == 1
    restarted.close()


def restart(daemon: Daemon) -> BackEnd:
    daemon.kill()
    daemon.start()
    return BackEnd(daemon)


def test_nothing_is_done_twice_for_one_key(daemon: Daemon, back_end: BackEnd):
    path = back_end.book(patient=PATIENT, guests=[GUEST]).fields["location"]
    [guest] = [one for one in back_end.ask("GET", path + "/invites").json["invites"]
               if one["role"] == "guest"]
    resend = f"{path}/invites/{guest['id']}/resend"
    wanted = {"person": "per_eva", "role": "staff", "name": "Eva Ekström"}

    def queued() -> int:
        rows = back_end.ask("GET", "/v1/audit", query={"visit": path.rpartition("/")[2]}).json
        return [row["action"] for row in rows["entries"]].count("message.queued")

    before = queued()
    assert before > 0
    assert back_end.ask("POST", resend, key="a").status in (200, 202)
    link = back_end.ask("POST", path + "/general-link", key="b").json
    minted = back_end.ask("POST", "/v1/tokens", wanted, key="c").json
    after = queued()
    assert after == before + 1
    assert back_end.ask("POST", resend, key="a").status == 200
    assert back_end.ask("POST", path + "/general-link", key="b").json == link
    assert back_end.ask("POST", "/v1/tokens", wanted, key="c").json == minted
    other = back_end.ask("POST", "/v1/tokens", {**wanted, "role": "patient"}, key="c")
    assert other.status == 422 and other.reason == "idempotency_key_reused"
    assert back_end.ask("POST", resend, {"what": "else"}, key="a").status == 422

    # The power goes, and nothing is forgotten of what was put on record with the key.
    back_end = restart(daemon)
    assert back_end.ask("POST", resend, key="a").status == 200
    assert back_end.ask("POST", path + "/general-link", key="b").json == link
    assert back_end.ask("POST", resend, {"what": "else"}, key="a").status == 422
    assert queued() == after
    assert back_end.ask("POST", path + "/general-link", key="d").json != link
    back_end.close()


def test_another_body_under_a_key_is_refused_after_a_crash_too(daemon: Daemon, back_end: BackEnd):
    visit = {"type": "videobesök", "responsible": {"person": "per_doctor"}}
    made = back_end.ask("POST", "/v1/visits", visit, key="k")
    back_end = restart(daemon)
    other = back_end.ask("POST", "/v1/visits", {**visit, "heading": "Annat"}, key="k")
    assert other.status == 422 and other.reason == "idempotency_key_reused"
    again = back_end.ask("POST", "/v1/visits", visit, key="k")
    assert again.json["visit"]["id"] == made.json["visit"]["id"]
    back_end.close()


def test_only_back_ends_are_let_in(daemon: Daemon, back_end: BackEnd):
    good = back_end.token
    for bad, status in [("a.b.c", 401), (token(daemon, {"role": "staff"}), 403),
                        (token(daemon, {"role": "backend"}, lifetime=-120), 401)]:
        back_end.token = bad
        answer = back_end.ask("GET", "/v1/visits")
        assert answer.status == status
        assert ("www-authenticate" in answer.fields) == (status == 401)
    back_end.token = good
    assert back_end.ask("GET", "/v1/visits").status == 200
    assert back_end.ask("GET", "/v1/clinics/cli_other/settings").status == 404
    assert back_end.ask("GET", "/v1/admin/sessions").status == 404


def test_too_many_requests_are_refused(back_end: BackEnd):
    answers = [back_end.ask("GET", "/v1/visits/vis_demo/call") for _ in range(2_000)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused and all(answer.fields["retry-after"] == "1" for answer in refused)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"TRACE /v1/visits HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"PUT /v1/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
         b"405"),
        (b"POST /v1/visits HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST /v1/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n", b"400"),
        (b"POST /v1/visits HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"\x16\x03\x01 no request\r\n\r\n", b"400"),
    ],
)
def test_what_is_no_good_request_is_told_why(daemon: Daemon, request_head: bytes, status: bytes):
    answer = exchange(daemon.http_port, request_head)
    assert answer.startswith(b"HTTP/1.1 " + status), answer
    assert b"application/problem+json" in answer


def test_endless_headers_are_not_held(daemon: Daemon, back_end: BackEnd):
    with socket.create_connection(("127.0.0.1", daemon.http_port), timeout=10) as connection:
        connection.sendall(b"GET /v1/visits HTTP/1.1\r\n")
        with pytest.raises(OSError):
            for number in range(100_000):
                connection.sendall(b"X-%d: a\r\n" % number)
    assert back_end.ask("GET", "/v1/visits").status == 200


def test_the_operator_sees_sessions_and_rooms_on_their_own_port(daemon: Daemon):
    staff = WebSocketClient(daemon.http_port)
    staff.open(daemon.links["staff"])
    operator = http.client.HTTPConnection("127.0.0.1", daemon.admin_port, timeout=10)

    def ask(method: str, path: str, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        operator.request(method, path, json.dumps(body) if body else None, headers)
        answer = operator.getresponse()
        return answer.status, json.loads(answer.read())

    status, listed = ask("GET", "/v1/admin/sessions")
    assert status == 200 and [one["role"] for one in listed["sessions"]] == ["staff"]
    assert ask("GET", "/v1/admin/rooms")[1] == {"rooms": []}
    assert ask("PUT", "/v1/admin/log-level", {"level": "debug"})[1] == {"level": "debug"}
    assert ask("GET", "/v1/admin/log-level")[1] == {"level": "debug"}
    assert ask("PUT", "/v1/admin/log-level", {"level": "loud"})[0] == 400
    staff.close()
    assert ask("POST", "/v1/admin/drain") == (200, {"draining": True})
    operator.close()
    daemon._process.wait(timeout=15)
    assert daemon._process.returncode == 0
