"""Runs samtald for a test, on free loopback ports and with a state folder of its own."""

import base64
import hmac
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import IO

import schemas
from canaries import Canaries

ROOT = Path(__file__).parents[2]
SAMTALD = os.environ.get("SAMTALD", str(ROOT / ".build/release/samtald"))
LINK = re.compile(r"(\w+): +(https?://\S+/call#(?:token|invite)=[\w.-]+)")
#: Whom the links are for, as it stands beside them.
ROLES = ("staff", "patient", "guest")


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports that nobody listens on now, each another one: all are held until the last is found."""
    probes = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody listens on now."""
    return free_ports(1, kind)[0]


def free_row(count: int) -> int:
    """The first of so many UDP ports in a row that nobody is bound to now."""
    while True:
        first = free_port(socket.SOCK_DGRAM)
        probes = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        try:
            for place, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + place))
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for probe in probes:
                probe.close()


def encode(content: str | bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    data = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_links(output: IO[bytes], patience: float) -> dict[str, str]:
    """The links that samtald prints when it serves, by whom they are for; none if it does not."""
    text, give_up = "", time.monotonic() + patience
    while True:
        whole_lines = text.rpartition("\n")[0].splitlines()
        found = dict(match.groups() for line in whole_lines if (match := LINK.fullmatch(line)))
        if set(ROLES) <= found.keys():
            return found
        readable, _, _ = select.select([output], [], [], max(0, give_up - time.monotonic()))
        data = os.read(output.fileno(), 65_536) if readable else b""
        if not data:
            return {}
        text += data.decode()


class Daemon:
    """One samtald. `start` after `stop` runs it again on the same state and ports."""

    #: Every daemon that a test has made, by the ports that clients come to.
    by_port: dict[int, "Daemon"] = {}

    #: The address it listens on.
    host = "127.0.0.1"

    def __init__(
        self, state: Path, announced: str | None = None, media_port: int | None = None,
        clinics: dict[str, str] | None = None, settings: dict[str, str] | None = None,
        media_ports: int = 1,
    ):
        """`clinics` are those beside the demo's, each with its name; `settings` further lines;
        `media_ports` how many ports in a row there are for workers."""
        self.state = state
        self.clinics = clinics or {}
        self.settings = settings or {}
        self.http_port, self.lines_port, self.admin_port = free_ports(3)
        self.media_port = media_port or free_row(media_ports)
        self.last_media_port = self.media_port + media_ports - 1
        self.links: dict[str, str] = {}
        self.log = state / "log"
        self.canaries = Canaries()
        Daemon.by_port |= {self.http_port: self, self.lines_port: self}
        self._announced = announced
        self._process: subprocess.Popen | None = None

    @property
    def configuration(self) -> str:
        lines = [
            f"http.listen: {self.host}:{self.http_port}",
            f"lines.listen: {self.host}:{self.lines_port}",
            f"admin.listen: 127.0.0.1:{self.admin_port}",
            f"media.listen: {self.host}",
            f"media.ports: {self.media_port}-{self.last_media_port}",
            "demo: on",
        ]
        if self._announced:
            lines.append(f"media.announced: {self._announced}")
        lines += [f"clinic.{clinic}: {name}" for clinic, name in self.clinics.items()]
        lines += [f"{key}: {value}" for key, value in self.settings.items()]
        return "\n".join(lines) + "\n"

    def command(self) -> list[str]:
        file = self.state / "samtald.conf"
        file.write_text(self.configuration)
        return [SAMTALD, "--config", str(file), "--state", str(self.state)]

    def start(self, patience: float = 20, prefix: list[str] | None = None):
        if self.clinics and not (self.state / "secrets").exists():
            self._write_secrets()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*(prefix or []), *self.command()], stdout=subprocess.PIPE, stderr=log
            )
        self.links = read_links(self._process.stdout, patience)
        assert self.links, f"samtald did not come up:\n{self.log.read_text()}"
        self.until_ready()
        if "http.certificate" not in self.settings and self.host == "127.0.0.1":
            schemas.learn(self.http_port)

    def until_ready(self):
        assert self._ask("/readyz") is not None

    def kill(self, seek: bool = True):
        """SIGKILL, as a power cut would have it, to the one process that this started."""
        self._process.kill()
        self._process.communicate()
        self._process = None
        if seek:
            self._seek_canaries()

    def stop(self, patience: float = 10):
        """SIGTERM to the one process that this started, and nothing left of it afterwards."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self.seek_in_metrics()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        finally:
            code, self._process = self._process.returncode, None
        assert code == 0, f"samtald ended with {code}:\n{self.log.read_text()[-4000:]}"
        self._seek_canaries()

    def seek_in_metrics(self):
        """What was sent to the daemon is not among its figures either."""
        self.canaries.seek("the page of metrics", self._ask("/metrics").encode())

    def _seek_canaries(self):
        """What was sent to the daemon is nowhere where it must not be (H2)."""
        self.canaries.seek("the log", self.log.read_bytes())
        self.canaries.seek_in_state(self.state)

    @property
    def process(self) -> int:
        """The process, by its number."""
        return self._process.pid

    def link(self, role: str, name: str) -> str:
        """A link with a token that a clinic's back end would mint, for somebody of its choice."""
        secrets = (self.state / "secrets").read_text()
        clinic, key = re.search(r"^token\.demo: (\S+) (\S+)$", secrets, re.MULTILINE).groups()
        now = int(time.time())
        claims = {
            "iss": "demo",
            "sub": "per_by-token",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "samtal": {"clinic": clinic, "visit": "vis_demo", "role": role, "name": name},
        }
        parts = [encode(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = ".".join(parts).encode()
        secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        mac = hmac.digest(secret, signed, "sha256")
        return f"http://{self.host}:{self.http_port}/call#token={signed.decode()}.{encode(mac)}"

    def metrics(self) -> dict[str, float]:
        """Every sample of /metrics by its name and labels."""
        lines = self._ask("/metrics").splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")
        return {name: float(value) for name, value in samples}

    def total(self, name: str, reason: str = "") -> float:
        """The sum of a metric over all workers, for one reason where it has reasons."""
        samples = self.metrics().items()
        return sum(
            value for key, value in samples
            if key.split("{")[0] == name and (not reason or f'reason="{reason}"' in key)
        )

    def until(self, condition, patience: float = 15):
        """Waits until a condition holds that follows from what the daemon tells."""
        give_up = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < give_up, "the daemon never came to that"

    def _write_secrets(self):
        """Keys of every clinic, named after it: `demo`, and `north` for `cli_north`."""
        lines = [f"{name}: {encode(os.urandom(32))}" for name in ("links", "audit")]
        for clinic in ("cli_demo", *self.clinics):
            lines.append(f"token.{clinic.removeprefix('cli_')}: {clinic} {encode(os.urandom(32))}")
        file = self.state / "secrets"
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n")

    def _ask(self, path: str) -> str:
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
