"""What the tests of the store share: a daemon that can be killed, the operator's command line, and
a client that waits."""

import json
import subprocess
import threading
import time
from pathlib import Path

from daemon import SAMTALD, Daemon
from raw import Closed, LineClient, Refused

#: Seconds within which something must have come.
PATIENCE = 10


class StoredDaemon(Daemon):
    """A daemon with further settings, and tokens for its staff."""

    def __init__(self, state: Path, settings: dict[str, str] | None = None):
        super().__init__(state, settings=settings)

    def token(self, person: str) -> str:
        """A token for a session of staff for the whole clinic, as its back end would mint it."""
        minted = samtal(
            "token", "--state", str(self.state), "--role", "staff", "--person", person,
            "--name", "Astrid Ek", "--ttl", "12h",
        )  # fmt: skip
        assert minted.returncode == 0, minted.stderr
        return minted.stdout.strip()


class Clerk(LineClient):
    """A client that can be refused, and waits for what it is told."""

    def receive(self) -> str:
        """One message; a connection that is closed, perhaps within one, has broken."""
        try:
            return super().receive()
        except Closed as end:
            raise ConnectionError from end

    def refused(self, method: str, params: dict | None = None) -> str:
        """The reason for which a request is refused, which it must be."""
        try:
            result = self.request(method, params)
        except Refused as refusal:
            return refusal.reason
        raise AssertionError(f"{method} was carried out: {result}")

    def when_it_works(self, method: str, params: dict | None = None) -> dict:
        """Asks again as long as nothing can be put on record."""
        give_up, pause = time.monotonic() + PATIENCE, threading.Event()
        while True:
            try:
                return self.request(method, params)
            except Refused as refusal:
                assert refusal.reason == "storage_unavailable" and time.monotonic() < give_up
            pause.wait(0.1)

    def until_told(self, method: str, **expected) -> dict:
        """Waits for a notification with these members."""
        while True:
            for told in self.notifications:
                if told["method"] == method and expected.items() <= told["params"].items():
                    return told["params"]
            self.notifications.append(json.loads(self.receive()))


def samtal(*arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
    """Runs a command of `samtal`, beside the daemon or without it."""
    command = [*prefix, str(Path(SAMTALD).with_name("samtal")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def verify(state: Path) -> str:
    """What a verification says that has found the audit log whole."""
    result = samtal("audit", "verify", "--state", str(state))
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()
