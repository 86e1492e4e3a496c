"""Runs samtald for a test, on free loopback ports and with a state folder of its own."""

import os
import re
import select
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMTALD = os.environ.get("SAMTALD", str(ROOT / ".build/release/samtald"))
LINK = re.compile(r"https?://\S+/call#(?:token|invite)=\S+")
#: The words beside the links: three for named people, and one for whoever gets it.
ROLES = ("staff", "patient", "guest", "general")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """One samtald. `start` after `stop` runs it again on the same state and ports."""

    #: The address it listens on.
    host = "127.0.0.1"

    def __init__(self, state: Path, announced: str | None = None, media_port: int | None = None):
        self.state = state
        self.http_port = free_port()
        self.lines_port = free_port()
        self.admin_port = free_port()
        self.media_port = media_port or free_port(socket.SOCK_DGRAM)
        self.links: dict[str, str] = {}
        self.output = ""
        self._announced = announced
        self._process: subprocess.Popen | None = None

    @property
    def configuration(self) -> str:
        lines = [
            f"http.listen: {self.host}:{self.http_port}",
            f"lines.listen: {self.host}:{self.lines_port}",
            f"admin.listen: 127.0.0.1:{self.admin_port}",
            f"media.listen: {self.host}",
            f"media.ports: {self.media_port}-{self.media_port}",
        ]
        if self._announced:
            lines.append(f"media.announced: {self._announced}")
        return "\n".join(lines) + "\n"

    def command(self) -> list[str]:
        file = self.state / "samtald.conf"
        file.write_text(self.configuration)
        return [SAMTALD, "--config", str(file), "--state", str(self.state)]

    def start(self, patience: float = 20, prefix: list[str] | None = None):
        self.links, self.output = {}, ""
        self._process = subprocess.Popen(
            [*(prefix or []), *self.command()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        give_up = time.monotonic() + patience
        while not set(ROLES) <= self.links.keys():
            output, left = self._process.stdout, max(0, give_up - time.monotonic())
            readable, _, _ = select.select([output], [], [], left)
            data = os.read(output.fileno(), 65_536) if readable else b""
            assert data, f"samtald did not come up:\n{self.output}"
            self.output += data.decode()
            self._read_links()
        self.until_ready()

    def _read_links(self):
        for line in self.output.splitlines():
            link = LINK.search(line)
            role = next((role for role in ROLES if role in line.lower()), None)
            if link and role:
                self.links.setdefault(role, link.group())

    def until_ready(self):
        assert self._ask("/readyz") is not None

    def stop(self, patience: float = 10):
        """SIGTERM to the one process that this started, and nothing left of it afterwards."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            rest, _ = self._process.communicate(timeout=patience)
            self.output += rest.decode()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        finally:
            code, self._process = self._process.returncode, None
        assert code == 0, f"samtald ended with {code}:\n{self.output[-4000:]}"

    def metrics(self) -> dict[str, float]:
        """Every sample of /metrics by its name and labels."""
        lines = self._ask("/metrics").splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")
        return {name: float(value) for name, value in samples}

    def _ask(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
