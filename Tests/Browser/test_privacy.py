"""What is kept and what is not: the audit log (H1), and canaries in everything on disk (H2, H3)."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from clinic import DAY, Clinic, now
from daemon import SAMTALD
from raw import Refused
from test_booking import ALEX, codes, guest_invite
from test_ending import in_call
from test_lobby import started

SAMTAL = Path(SAMTALD).with_name("samtal")
#: Planted where personal data belongs, and to be found nowhere else.
CANARIES = {
    "name": "Zebrawitz Quaggason", "guest": "Okapia Tapirsdotter", "phone": "0709876543",
    "email": "okapia@numbat.example", "heading": "Kvasthostan", "description": "Axolotlbesvär",
    "chat": "Vombatens hemlighet", "door": "Dikdikman",
}


def audit(clinic: Clinic, command: str, *options: str) -> subprocess.CompletedProcess:
    """Runs `samtal audit` beside the running daemon."""
    state = clinic.daemon.state
    return subprocess.run(
        [SAMTAL, "audit", command, "--config", state / "samtald.conf", "--state", state, *options],
        capture_output=True, text=True, timeout=30,
    )


def rows(clinic: Clinic, visit: str | None = None) -> list[dict]:
    listed = audit(clinic, "list", *(["--visit", visit] if visit else []))
    assert listed.returncode == 0, listed.stderr
    return [json.loads(line) for line in listed.stdout.splitlines()]


def test_every_kind_of_act_leaves_its_row(clinic):
    [added] = clinic.employ("Bo Alm")
    staff, booking = started(clinic, guests=[ALEX])
    person = staff.session["you"]["person"]
    colleague = clinic.staff(person=added)
    staff.request("visit.add_staff", visit=booking.visit, person=added)
    guest = clinic.visitor_of(guest_invite(booking, staff))
    own = guest.request("call.join")["participant"]
    acts = [
        ("lobby.admit", {}, "participant.admitted"),
        ("participant.mute", {"muted": True}, "participant.muted"),
        ("participant.mute", {"muted": False}, "participant.unmuted"),
        ("participant.hold", {}, "participant.held"),
        ("participant.remove", {}, "participant.departed"),
    ]
    for method, params, action in acts:
        staff.request(method, participant=own, **params)
    denied = clinic.attendee(booking.visit, clinic.person(), "guest")
    staff.request("lobby.deny", participant=denied.request("call.join")["participant"])
    colleague.request("call.join", visit=booking.visit)
    colleague.request("visit.takeover", visit=booking.visit)
    colleague.request("call.leave")
    staff.request("call.end")

    # What takes access away is answered before it is on disk.
    clinic.daemon.until(
        lambda: "call.ended" in {row["action"] for row in rows(clinic, booking.visit)})
    listed = rows(clinic, booking.visit)
    found = {(row["action"], row["author"]) for row in listed}
    expected = {action for _, _, action in acts} | {
        "visit.created", "invite.created", "call.started", "participant.arrived",
        "visit.responsible_changed", "call.ended", "call.requested",
    }
    assert expected <= {action for action, _ in found}
    for action in ("participant.admitted", "participant.held", "participant.muted"):
        assert (action, person) in found, action
    assert ("visit.responsible_changed", added) in found
    subjects = {row["action"] for row in listed if row.get("subject") == own}
    assert {"participant.arrived", "participant.admitted", "participant.held"} <= subjects

    # Refused tokens are on record too, and reading the log is.
    try:
        clinic.connect().enter(token="a.b.c")
    except Refused:
        pass
    assert clinic.api("GET", f"/v1/audit?visit={booking.visit}").status == 200
    actions = {row["action"] for row in rows(clinic)}
    assert {"session.refused", "audit.read"} <= actions
    verified = audit(clinic, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr

    # All of it survives the power going, and a row that is changed is found.
    before = rows(clinic, booking.visit)
    clinic.daemon.kill()
    clinic.daemon.start()
    assert rows(clinic, booking.visit)[:len(before)] == before
    assert audit(clinic, "verify").returncode == 0
    clinic.daemon.stop()
    held = next(row["number"] for row in before if row["action"] == "participant.held")
    with closing(sqlite3.connect(clinic.daemon.state / "samtal.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_not_changed")
        database.execute("UPDATE audit SET author = 'per_nobody' WHERE number = ?", (held,))
    verified = audit(clinic, "verify")
    assert verified.returncode == 1 and f"row {held} " in verified.stdout, verified.stdout


def traces(clinic: Clinic, *texts: str, but: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """Which of the texts stand in which files of the daemon, the personal side table left out."""
    found = set()
    for file in clinic.daemon.state.iterdir():
        if file.is_file() and file.name not in ("samtald.conf", "secrets", *but):
            data = file.read_bytes()
            found |= {(file.name, text) for text in texts if text.encode() in data}
    return found


def test_personal_data_stands_in_no_log_no_metric_and_no_event(clinic):
    staff, booking = started(
        clinic, heading=CANARIES["heading"], description=CANARIES["description"],
        patient={"name": CANARIES["name"], "phone": CANARIES["phone"]},
        guests=[{"given_name": "Okapia", "family_name": "Tapirsdotter", "kind": "relative",
                 "email": CANARIES["email"]}],
    )
    patient = in_call(clinic, staff, booking, name=CANARIES["name"])
    guest = clinic.visitor_of(guest_invite(booking, staff, CANARIES["guest"]))
    stranger = clinic.stranger(staff, booking.visit, name=CANARIES["door"])
    for client in (guest, stranger):
        client.request("call.join")
    staff.request("lobby.admit_all")
    patient.request("chat.send", text=CANARIES["chat"])
    guest.refused("media.negotiate", offer="v=0 Surikatens-sdp", tracks=[], seats=[])
    staff.request("call.end")
    tokens = [clinic.token("per_canary", "staff", name="Kanarie")]
    clinic.connect().enter(token=tokens[0])

    database = ("samtal.db", "samtal.db-wal", "samtal.db-shm")
    secrets = [clinic.link_secret(guest_invite(booking, staff, CANARIES["guest"]))]
    numbers = ["+46709876543", "709876543"]
    everything = [*CANARIES.values(), *numbers, *tokens, *secrets, "Surikatens"]
    assert traces(clinic, *everything, but=database) == set()
    status = "\n".join(clinic.daemon.metrics())
    assert not [text for text in everything if text in status]

    # In the database they stand beside the events, never in them; secrets, tokens and chat do not.
    assert traces(clinic, CANARIES["chat"], *tokens, *secrets, "Surikatens") == set()
    assert rows_of_events(clinic, everything) == []


def rows_of_events(clinic: Clinic, texts: list[str]) -> list[str]:
    """The payloads of events and audit rows that hold one of the texts."""
    with sqlite3.connect(f"file:{clinic.daemon.state}/samtal.db?mode=ro", uri=True) as database:
        tables = [name for name, in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'") if name != "personal"]
        return [
            str(row) for table in tables for row in database.execute(f"SELECT * FROM {table}")
            if any(text in str(row) for text in texts)
        ]


def test_chat_is_on_no_disk_when_the_call_is_over(clinic):
    staff, booking = started(clinic)
    patient = in_call(clinic, staff, booking)
    texts = [f"{CANARIES['chat']} {number}" for number in range(20)]
    for text in texts:
        patient.request("chat.send", text=text)
        staff.expect("chat.message", lambda told, text=text: told["text"] == text)
    staff.request("call.end")
    staff.request("visit.close", visit=booking.visit)
    assert traces(clinic, CANARIES["chat"]) == set()
    clinic.daemon.kill()
    assert traces(clinic, CANARIES["chat"]) == set()
    clinic.daemon.start()
    assert traces(clinic, CANARIES["chat"]) == set()


def test_warnings_name_no_other_patient(clinic):
    staff, start = clinic.staff(), now() + DAY
    clinic.book(staff, scheduled=start, patient={"name": CANARIES["name"]})
    second = clinic.book(staff, scheduled=start, patient={"name": "Kim Berg"})
    assert codes(second.warnings) == {"staff_overlap"}
    assert CANARIES["name"] not in json.dumps(second.warnings)
