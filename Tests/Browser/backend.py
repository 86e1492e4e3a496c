"""A clinic's back end: it asks over HTTP, with a token signed with the clinic's key."""

import base64
import hmac
import http.client
import json
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from daemon import Daemon, encode

CLINIC = "cli_demo"


@dataclass
class Answer:
    """What came back: the status, the header fields in lower case, and the body."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        assert self.fields["content-type"] == "application/problem+json", self
        return self.json["reason"]


def token(daemon: Daemon, claims: dict, subject: str = "per_backend", lifetime: int = 900) -> str:
    """A token of the demo's clinic that says this."""
    secrets = (daemon.state / "secrets").read_text()
    key = re.search(r"^token\.demo: .*?(\S+)$", secrets, re.MULTILINE).group(1)
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + lifetime}
    payload = {"iss": "demo", "sub": subject, **times, "samtal": {"clinic": CLINIC, **claims}}
    parts = [encode(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, payload)]
    signed = ".".join(parts).encode()
    secret = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    return f"{signed.decode()}.{encode(hmac.digest(secret, signed, 'sha256'))}"


class BackEnd:
    """Requests of one clinic's back end, all on one connection that is kept alive."""

    def __init__(self, daemon: Daemon):
        self.token = token(daemon, {"role": "backend"})
        self.canaries = daemon.canaries
        self.canaries.watch(self.token)
        self._connection = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)

    def ask(self, method: str, path: str, body=None, query=None, match=None, key=None, **fields):
        """Sends a request; a body of bytes goes as it is, anything else as JSON."""
        headers = {"Authorization": f"Bearer {self.token}"}
        headers |= {name.replace("_", "-"): value for name, value in fields.items()}
        if match is not None:
            headers["If-Match"] = match
        if key is not None:
            headers["Idempotency-Key"] = key
        self.canaries.note(body)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        target = path + ("?" + urlencode(query) if query else "")
        self._connection.request(method, target, body, headers)
        answer = self._connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())

    def book(self, **details) -> Answer:
        visit = {
            "type": "videobesök",
            "responsible": {"person": "per_doctor", "name": "Eva Ek"},
            "scheduled": int((time.time() + 86_400) * 1_000),
            **details,
        }
        answer = self.ask("POST", "/v1/visits", visit)
        assert answer.status == 201, answer
        return answer

    def close(self):
        self._connection.close()
