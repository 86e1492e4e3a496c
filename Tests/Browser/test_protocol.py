"""The protocol's own documentation, played against a running daemon message by message."""

import json
import re
import subprocess
import urllib.request

import pytest
from jsonschema import Draft202012Validator
from openrpc import OpenRPC

from daemon import ROOT, SAMTALD
from raw import Refused, WebSocketClient

PAGES = ROOT / "Sources/Signaling/Signaling.docc"
PLAYED = ("AWholeVisit.md", "MoreConversations.md")
MESSAGE = re.compile(r"(\w+) ([→←✗]) (?:([a-z]+\.[a-z_]+)(?: |$))?(.*)")
OFFER = (ROOT / "Tests/WireTests/Fixtures/chromium-call-offer.sdp").read_text()
#: What any identifier of a kind begins with.
IDENTIFIER = re.compile(r"[a-z]{3}_")
#: An offer of another transport: the same media with fresh ICE credentials.
FRESH_OFFER = re.sub(r"(a=ice-(?:ufrag|pwd):)(\S)", r"\1x\2", OFFER)


def conversation(page: str) -> list[tuple[str, str, str | None, object]]:
    """Who, which way, the method, and what is said, for each line of a page's examples."""
    blocks = re.findall(r"^```samtal\n(.*?)^```", (PAGES / page).read_text(), re.M | re.S)
    lines = []
    for line in "".join(blocks).splitlines():
        who, way, method, said = MESSAGE.fullmatch(line).groups()
        lines.append((who, way, method, said if way == "✗" else json.loads(said)))
    return lines


class Names:
    """What the texts that end in an ellipsis stand for."""

    def __init__(self, **known: str):
        self._known = known

    def fill(self, value):
        """A value with all placeholders replaced by what they stand for."""
        if isinstance(value, dict):
            return {name: self.fill(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.fill(element) for element in value]
        return self._known[value] if isinstance(value, str) and "…" in value else value

    def fits(self, shown, real) -> bool:
        """Whether a real value is as shown; numbers are, whatever they are."""
        if isinstance(shown, dict):
            return isinstance(real, dict) and all(
                name in real and self.fits(member, real[name]) for name, member in shown.items()
            )
        if isinstance(shown, list):
            return (
                isinstance(real, list)
                and len(real) >= len(shown)
                and all(map(self.fits, shown, real))
            )
        if isinstance(shown, str) and "…" in shown:
            return isinstance(real, str) and self._known.setdefault(shown, real) == real
        if isinstance(shown, int) and not isinstance(shown, bool):
            return isinstance(real, int) and not isinstance(real, bool)
        return shown == real


class Stage:
    """The people of a page's conversation, each with a connection of their own."""

    def __init__(self, daemon, names: Names, schemas: dict):
        self._daemon, self._names, self._schemas = daemon, names, schemas
        self._clients: dict[str, WebSocketClient] = {}
        self._pending: dict[str, tuple[str, object]] = {}
        self.played: set[str] = set()

    def play(self, who: str, way: str, method: str | None, said):
        client = self._client(who)
        if way == "→":
            assert who not in self._pending, f"{who} has not been answered"
            self._pending[who] = (method, self._ask(client, method, self._names.fill(said)))
            self.played.add(method)
        elif way == "✗":
            assert self._pending.pop(who)[1].reason == said
        elif method is None:
            asked, answer = self._pending.pop(who)
            assert not isinstance(answer, Refused), f"{asked}: {answer}"
            self._schemas[asked].validate(answer)
            assert self._names.fits(said, answer), f"{asked}: {said} is not in {answer}"
        else:
            self._await(client, method, said)

    def close(self):
        for client in self._clients.values():
            client.close()
        assert not self._pending

    def _client(self, who: str) -> WebSocketClient:
        if who not in self._clients:
            self._clients[who] = WebSocketClient(self._daemon.http_port)
        return self._clients[who]

    @staticmethod
    def _ask(client: WebSocketClient, method: str, params):
        try:
            return client.request(method, params)
        except Refused as refusal:
            return refusal

    def _await(self, client: WebSocketClient, method: str, said):
        """Takes notifications until one is as shown; those before it are not looked at again."""
        seen = []
        while True:
            if not client.notifications:
                try:
                    client.notifications.append(json.loads(client.receive()))
                except TimeoutError:
                    raise AssertionError(f"no {method} like {said} in {seen}") from None
            told = client.notifications.pop(0)
            seen.append(told)
            if told["method"] != method:
                continue
            self._schemas[method].validate(told["params"])
            if self._names.fits(said, told["params"]):
                return


def mint(daemon, *options: str) -> str:
    """A token from the operator's command line."""
    samtal = SAMTALD.replace("samtald", "samtal")
    command = [samtal, "token", "--state", str(daemon.state), "--key", "demo", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def description(daemon) -> dict:
    url = f"http://127.0.0.1:{daemon.http_port}/v1/openrpc.json"
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


@pytest.fixture
def stage(daemon, description):
    """Makes a stage with everything that the pages take for known."""
    components = {"components": description["components"]}
    forms = {method["name"]: method["result"]["schema"] for method in description["methods"]}
    forms |= {told["name"]: told["schema"] for told in description["x-notifications"]}
    schemas = {name: Draft202012Validator(form | components) for name, form in forms.items()}
    doctor = ("--person", "per_demo-staff", "--role", "staff", "--name", "Dr. Astrid Ek")
    secrets = {role: link.partition("#")[2].partition("=")[2] for role, link in daemon.links.items()}
    stages = []

    def make() -> Stage:
        names = Names(**{
            "clinic-token…": mint(daemon, *doctor, "--title", "Allmänläkare"),
            "staff-token…": secrets["staff"],
            "patient-token…": secrets["patient"],
            "guest-secret…": secrets["guest"],
            "v=0…": OFFER,
            "v=0…fresh": FRESH_OFFER,
        })
        stages.append(Stage(daemon, names, schemas))
        return stages[-1]

    yield make
    for made in stages:
        made.close()


@pytest.mark.parametrize("page", PLAYED)
def test_the_messages_of_the_documentation_are_what_the_daemon_says(stage, page):
    playing = stage()
    for number, message in enumerate(conversation(page), 1):
        try:
            playing.play(*message)
        except Exception as failure:
            raise AssertionError(f"{page}, message {number}, {message[:3]}") from failure


def test_every_method_has_an_example_that_is_played(description):
    played = {
        method for page in PLAYED for _, way, method, _ in conversation(page) if way == "→"
    }
    assert played == {method["name"] for method in description["methods"]}


def alike(shown, example) -> bool:
    """Whether an example is what a page shows, whose placeholders stand for any text and
    whose identifiers for any of their kind."""
    if isinstance(shown, dict):
        return isinstance(example, dict) and shown.keys() == example.keys() and all(
            alike(member, example[name]) for name, member in shown.items())
    if isinstance(shown, list):
        return isinstance(example, list) and len(shown) == len(example) and all(
            map(alike, shown, example))
    if isinstance(shown, str) and isinstance(example, str):
        kinds = [IDENTIFIER.match(text) for text in (shown, example)]
        return shown == example or "…" in shown or (all(kinds) and kinds[0][0] == kinds[1][0])
    return shown == example


def test_the_example_of_every_method_is_one_that_is_played(description):
    played = [
        (method, said) for page in PLAYED for _, way, method, said in conversation(page)
        if way == "→"
    ]
    unplayed = {
        method["name"]: method["x-example"] for method in description["methods"]
        if not any(name == method["name"] and alike(said, method["x-example"])
                   for name, said in played)
    }
    assert unplayed == {}


def test_every_notification_is_shown_and_as_it_is_described(description):
    forms = {told["name"]: told["schema"] for told in description["x-notifications"]}
    played = {
        method for page in PLAYED for _, way, method, _ in conversation(page)
        if way == "←" and method
    }
    shown = set()
    for block in re.findall(r"^```json\n(.*?)^```", (PAGES / PLAYED[1]).read_text(), re.M | re.S):
        for line in block.splitlines():
            message = json.loads(line)
            form = forms[message["method"]] | {"components": description["components"]}
            Draft202012Validator(form).validate(message["params"])
            shown.add(message["method"])
    assert played | shown == forms.keys()
    assert not played & shown, "what is played needs no example beside it"


def test_the_description_is_a_valid_openrpc_document(description):
    assert description["openrpc"] == "1.3.2"
    # As somebody else's reader of such documents has them.
    read = OpenRPC.model_validate(description)
    assert len(read.methods) == len(description["methods"])
    for method in description["methods"]:
        for parameter in method["params"]:
            Draft202012Validator.check_schema(parameter["schema"])
        Draft202012Validator.check_schema(method["result"]["schema"])
        forms = {parameter["name"]: parameter["schema"] for parameter in method["params"]}
        for name, value in method["x-example"].items():
            Draft202012Validator(forms[name]).validate(value)
