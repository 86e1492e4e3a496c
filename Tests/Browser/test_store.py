"""The store under a running daemon: failing disks, the audit log, and copies."""

import resource
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from upkeep import Clerk, StoredDaemon, samtal, verify


@pytest.fixture
def daemon(tmp_path: Path):
    running = StoredDaemon(tmp_path)
    running.start()
    yield running
    running.stop()


class FullDisk:
    """A file system of its own, for the daemon alone, that a ballast fills to the last byte."""

    def __init__(self, tmp_path: Path):
        self.folder = tmp_path / "small"
        self.folder.mkdir()
        self.daemon = StoredDaemon(tmp_path, {"store.path": f"{self.folder}/samtal.db"})
        mount = 'mount -t tmpfs -o size=4m,mode=700 tmpfs "$0" && exec "$@"'
        namespace = ["unshare", "--user", "--map-root-user", "--mount"]
        self.daemon.start(prefix=[*namespace, "sh", "-c", mount, str(self.folder)])
        self.prefix = (
            "nsenter", f"--target={self.daemon.process}", "--user", "--mount",
            "--preserve-credentials",
        )  # fmt: skip

    @contextmanager
    def failing(self):
        ballast = Path(f"/proc/{self.daemon.process}/root{self.folder}/ballast")
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4_096))
        yield
        ballast.unlink()


class FailingWrites:
    """Writes fail, as on a disk that is dying: no file may grow beyond what it already is."""

    def __init__(self, tmp_path: Path):
        self.prefix = ()
        self.daemon = StoredDaemon(tmp_path)
        self.daemon.start()

    @contextmanager
    def failing(self):
        _, hard = resource.prlimit(self.daemon.process, resource.RLIMIT_FSIZE)
        resource.prlimit(self.daemon.process, resource.RLIMIT_FSIZE, (4_096, hard))
        yield
        resource.prlimit(self.daemon.process, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture(params=[FullDisk, FailingWrites])
def disk(request, tmp_path: Path):
    disk = request.param(tmp_path)
    yield disk
    disk.daemon.stop()


class Room:
    """A call with staff and a patient in it, and two guests who wait."""

    def __init__(self, daemon: StoredDaemon):
        self.daemon = daemon
        self.staff = self.enter("staff")
        self.staff.request("call.start")
        self.patient = self.enter("patient")
        self.patient_id = self.knock(self.patient)
        self.staff.request("lobby.admit", {"participant": self.patient_id})
        self.guest = self.enter("guest")
        self.guest_id = self.knock(self.guest)
        self.stranger = self.enter("general", name="Sam Lind")
        self.stranger_id = self.knock(self.stranger)

    def enter(self, role: str, **named) -> Clerk:
        client = Clerk(self.daemon.lines_port)
        client.open(self.daemon.links[role], **named)
        return client

    def knock(self, client: Clerk) -> str:
        return client.request("call.join")["participant"]

    def commits(self) -> float:
        return self.daemon.total("samtal_store_commits_total")


def test_what_gives_access_is_refused_on_a_bad_disk_and_what_takes_it_away_works(disk):
    room, process = Room(disk.daemon), disk.daemon.process
    admit = {"participant": room.guest_id}
    with disk.failing():
        commits = room.commits()
        assert room.staff.refused("lobby.admit", admit) == "storage_unavailable"
        assert room.staff.refused("lobby.admit", admit) == "storage_unavailable"

        # Each of these acts at once, and none claims to be on disk.
        mute = {"participant": room.patient_id, "muted": True}
        assert room.staff.request("participant.mute", mute)["durable"] is False
        deny = {"participant": room.stranger_id}
        assert room.staff.request("lobby.deny", deny)["durable"] is False
        room.stranger.until_told("lobby.status", status="denied")
        remove = {"participant": room.patient_id}
        assert room.staff.request("participant.remove", remove)["durable"] is False
        room.patient.until_told("lobby.status", status="removed")
        assert room.commits() == commits, "nothing was on disk meanwhile"
        assert disk.daemon.total("samtal_store_failures_total") > 0

    # It comes back by itself, and what was taken away is on record.
    answer = room.staff.when_it_works("lobby.admit", admit)
    assert answer["admitted"] == [room.guest_id]
    assert answer.get("durable", True) is True
    room.guest.until_told("lobby.status", status="admitted")
    assert disk.daemon.process == process
    database = ["--database", str(disk.folder / "samtal.db")] if disk.prefix else []
    options = ["--state", str(disk.daemon.state), *database]
    rows = samtal("audit", "list", *options, prefix=disk.prefix).stdout
    assert f'"subject":"{room.patient_id}","outcome":"removed"' in rows
    assert f'"subject":"{room.stranger_id}","outcome":"denied"' in rows


def test_a_call_can_be_ended_on_a_bad_disk(disk):
    room = Room(disk.daemon)
    with disk.failing():
        hold = {"participant": room.patient_id}
        assert room.staff.request("participant.hold", hold)["durable"] is False
        assert room.staff.refused("lobby.admit", hold) == "storage_unavailable"
        assert room.staff.request("call.end")["durable"] is False
        room.guest.until_told("call.ended")
    room.enter("staff").when_it_works("call.start")


# The audit log


def test_the_audit_log_is_read_and_verified_beside_the_daemon(daemon):
    room = Room(daemon)
    stranger = Clerk(daemon.lines_port)
    assert stranger.refused("session.open", {"token": "PLANTED.x.y", "client": {}}) != ""
    daemon.until(lambda: "session.refused" in listed(daemon))
    assert "PLANTED" not in listed(daemon)
    assert "whole" in verify(daemon.state)
    mine = listed(daemon, "--visit", "vis_demo")
    for action in ("visit.created", "call.started", "participant.admitted"):
        assert f'"action":"{action}"' in mine
    assert f'"subject":"{room.patient_id}"' in mine
    assert listed(daemon, "--limit", "2").count("\n") == 2
    assert listed(daemon, "--clinic", "cli_nowhere") == ""


def listed(daemon: StoredDaemon, *options: str) -> str:
    result = samtal("audit", "list", "--state", str(daemon.state), *options)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_daemon_whose_audit_log_was_cut_off_does_not_start(daemon):
    Room(daemon)
    daemon.stop()
    assert "whole" in verify(daemon.state)
    with closing(sqlite3.connect(daemon.state / "samtal.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_not_deleted")
        database.execute("DELETE FROM audit WHERE number > 3")
    result = samtal("audit", "verify", "--state", str(daemon.state))
    assert result.returncode == 1
    assert "cut off after row 3" in result.stdout
    with pytest.raises(AssertionError, match="audit_broken"):
        daemon.start(patience=5)
    daemon.kill()


def test_a_daemon_whose_audit_log_has_lost_its_head_goes_on_only_when_it_is_told_to(daemon):
    Room(daemon)
    daemon.stop()
    head = daemon.state / "audit.head"
    head.unlink()
    with closing(sqlite3.connect(daemon.state / "samtal.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_not_deleted")
        database.execute("DELETE FROM audit WHERE number > 3")
    for _ in range(2):
        with pytest.raises(AssertionError, match="audit.head is missing.*samtal audit accept"):
            daemon.start(patience=5)
        daemon.kill()
        assert not head.exists()

    accepted = samtal("audit", "accept", "--state", str(daemon.state))
    assert accepted.returncode == 0, accepted.stderr
    assert "accepted: 3 rows, the last is 3" in accepted.stdout
    assert "event 4 has no row" in accepted.stdout
    daemon.start()
    assert '"action":"audit.accepted","subject":"3"' in listed(daemon)
    daemon.stop()
    daemon.start()
    assert listed(daemon).count("audit.accepted") == 1


def test_a_daemon_that_cannot_keep_the_head_does_not_start(daemon):
    daemon.stop()
    daemon.settings["audit.head"] = f"{daemon.state}/nowhere/audit.head"
    (daemon.state / "samtal.db").rename(daemon.state / "away.db")
    with pytest.raises(AssertionError, match="nowhere/audit.head: No such file"):
        daemon.start(patience=5)
    daemon.kill()


# Copies


def test_a_copy_that_is_made_while_the_daemon_runs_is_restored(daemon, tmp_path_factory):
    Room(daemon)
    copy = tmp_path_factory.mktemp("copy")
    made = samtal("backup", str(copy / "samtal.db"), "--state", str(daemon.state))
    assert made.returncode == 0, made.stderr
    assert {oct(file.stat().st_mode & 0o777) for file in copy.iterdir()} == {"0o600"}
    again = samtal("backup", str(copy / "samtal.db"), "--state", str(daemon.state))
    assert again.returncode == 1, "a copy is not written over"

    (copy / "samtal.db.head").rename(copy / "audit.head")
    (copy / "secrets").touch(mode=0o600)
    (copy / "secrets").write_bytes((daemon.state / "secrets").read_bytes())
    assert "whole" in verify(copy)
    restored = StoredDaemon(copy)
    restored.start()
    assert restored.links["guest"].partition("#")[2] == daemon.links["guest"].partition("#")[2]
    Clerk(restored.lines_port).open(daemon.links["guest"])
    restored.stop()
    assert "whole" in verify(copy)


def test_the_database_belongs_to_its_owner_alone(daemon):
    Room(daemon)
    kept = ("samtal.db", "audit", "secrets")
    files = [file for file in daemon.state.iterdir() if file.name.startswith(kept)]
    assert len(files) == 5
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
