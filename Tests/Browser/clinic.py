"""Clinics on a running daemon, as their back ends and their people meet them: without a browser."""

import base64
import hmac
import itertools
import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from daemon import Daemon, encode
from raw import Client, LineClient, WebSocketClient

#: One hour and one day, in the milliseconds that the protocol counts in.
HOUR, DAY = 3_600_000, 86_400_000


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1_000)


def decode(text: str) -> bytes:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Answer:
    """What the HTTP API answered."""

    status: int
    headers: dict[str, str]
    body: dict | None


@dataclass
class Booking:
    """A visit that was made, with what its makers got to know of it."""

    visit: str
    warnings: list[dict]
    invites: list[dict]
    #: The people, as identifiers, by what they are to the visit.
    people: dict[str, str] = field(default_factory=dict)


class Clinic:
    """One clinic. Its people's connections are made over WebSocket and over lines in turns."""

    def __init__(self, daemon: Daemon, identifier: str, key: str):
        self.daemon = daemon
        self.id = identifier
        self.key = key
        self.clients: list[Client] = []
        self._secret, self._links = self._read_secrets()
        self._numbers = itertools.count(1)

    # Tokens and links

    def token(self, person: str, role: str, **claims) -> str:
        """A token that the clinic's back end mints; a claim of None is left out."""
        seconds = int(time.time())
        claims = {"clinic": self.id, "role": role, **claims}
        payload = {
            "iss": self.key,
            "sub": person,
            "iat": seconds,
            "nbf": seconds,
            "exp": seconds + 300,
            "samtal": {name: value for name, value in claims.items() if value is not None},
        }
        parts = [encode(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, payload)]
        signed = ".".join(parts).encode()
        token = signed.decode() + "." + encode(hmac.digest(self._secret, signed, "sha256"))
        self.daemon.canaries.watch(token)
        return token

    def link_secret(self, invite: str, version: int = 1) -> str:
        """What the link of an invite carries: what its recipient finds in the message."""
        subject = f"{invite}.{version}"
        code = hmac.digest(self._links, f"invite {subject}".encode(), "sha256")[:24]
        secret = f"{subject}.{encode(code)}"
        self.daemon.canaries.watch(secret)
        return secret

    def person(self, word: str = "person") -> str:
        """A fresh identifier of a person, which no other clinic has."""
        return f"per_{self.key}-{word}-{next(self._numbers)}"

    # People

    def connect(self) -> Client:
        """A connection without a session: over WebSocket or over lines, in turns."""
        make, port = (
            (WebSocketClient, self.daemon.http_port)
            if len(self.clients) % 2 == 0
            else (LineClient, self.daemon.lines_port)
        )
        self.clients.append(make(port))
        return self.clients[-1]

    def staff(
        self, name: str = "Astrid Ek", person: str | None = None, visit: str | None = None,
        title: str = "Allmänläkare", units: list[str] | None = None, device: str = "computer",
    ) -> Client:
        """A member of staff with a session: of the whole clinic, or of one visit."""
        token = self.token(
            person or self.person("staff"), "staff", visit=visit, name=name, title=title,
            units=units, identified_by="staff",
        )
        client = self.connect()
        client.enter(token=token, device=device)
        return client

    def attendee(
        self, visit: str, person: str, role: str = "patient", name: str = "Kim Berg",
        admission: str | None = None, device: str = "computer", kind: str | None = None,
    ) -> Client:
        """Somebody whom the clinic has identified, with a session for one visit."""
        token = self.token(
            person, role, visit=visit, name=name, identified_by="e_id", admission=admission,
            kind=kind,
        )
        client = self.connect()
        client.enter(token=token, device=device)
        return client

    def visitor(self, secret: str, name: str | None = None, device: str = "computer") -> Client:
        """Somebody who has opened a link."""
        client = self.connect()
        client.enter(invite=secret, device=device, **({"name": name} if name else {}))
        return client

    def visitor_of(self, invite: str, **options) -> Client:
        """The recipient of an invite, who has opened its first link."""
        return self.visitor(self.link_secret(invite), **options)

    def stranger(self, staff: Client, visit: str, name: str = "Tolken") -> Client:
        """Somebody who has got hold of the visit's general link."""
        link = staff.request("invite.link", visit=visit, action="get")["link"]
        return self.visitor(link.partition("#invite=")[2], name=name)

    # Visits

    def book(self, maker: Client, /, **details) -> Booking:
        """Makes a visit: one for an adult patient, where nothing else is said."""
        patient = details.pop("patient", {})
        if patient is not None:
            patient = {
                "person": self.person("patient"), "name": "Kim Berg", "profile": "own",
                "age_band": "adult", **patient,
            }
        request = {"type": "videobesök", "patient": patient, **details}
        made = maker.request("visit.create", {k: v for k, v in request.items() if v is not None})
        people = {"patient": patient["person"]} if patient else {}
        for index, proxy in enumerate(details.get("proxies", []), 1):
            people[f"proxy {index}"] = proxy["person"]
        return Booking(made["visit"]["id"], made["warnings"], made["invites"], people)

    # The back end's side

    def api(
        self, method: str, path: str, body: dict | None = None, token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request of the HTTP API, by default with a token of the clinic's back end."""
        if token is None:
            token = self.token("per_back-end", "backend")
        self.daemon.canaries.note(body)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.daemon.http_port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token}", "Content-Type": "application/json",
                **(headers or {}),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return self._answer(answer.status, answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return self._answer(refusal.code, refusal)

    def set(self, **settings) -> dict:
        """Changes some of the clinic's settings."""
        return self._change("settings", settings)

    def set_directory(self, **changes) -> dict:
        """Changes the directory: `units`, `people`, `removed_units`, `removed_people`."""
        return self._change("directory", changes)

    def employ(self, *names: str, unit: str = "uni_staff") -> list[str]:
        """Puts people into the directory, so that they can be added to visits."""
        people = [self.person("staff") for _ in names]
        self.set_directory(
            units=[{"id": unit, "name": "Mottagningen"}],
            people=[
                {"person": person, "given_name": name.split()[0], "family_name": name.split()[-1],
                 "title": "Sjuksköterska", "unit": unit, "role": "sjuksköterska"}
                for person, name in zip(people, names)
            ],
        )
        return people

    def _change(self, what: str, document: dict) -> dict:
        path = f"/v1/clinics/{self.id}/{what}"
        tag = self.api("GET", path).headers["etag"]
        answer = self.api("PATCH", path, document, headers={"If-Match": tag})
        assert answer.status == 200, answer
        return answer.body

    @staticmethod
    def _answer(status: int, answer) -> Answer:
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(status, headers, json.loads(body) if body else None)

    def _read_secrets(self) -> tuple[bytes, bytes]:
        text = (self.daemon.state / "secrets").read_text()
        token = re.search(rf"^token\.{self.key}: {self.id} (\S+)$", text, re.MULTILINE)[1]
        links = re.search(r"^links: (\S+)$", text, re.MULTILINE)[1]
        return decode(token), decode(links)

    def close(self):
        for client in self.clients:
            client.close()
