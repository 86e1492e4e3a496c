"""Signaling without a browser: JSON-RPC over a WebSocket, and over plain TCP lines."""

import json
import select
import socket
import ssl
import time
from collections import deque
from contextlib import ExitStack
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import schemas
from daemon import Daemon

#: Seconds within which an answer or a notification must come.
PATIENCE = 10.0


class Refused(Exception):
    """A request was answered with an error; `reason` is its stable word."""

    def __init__(self, error: dict):
        super().__init__(error)
        self.code = error["code"]
        self.reason = error["data"]["reason"]
        self.field = error["data"].get("field")


class Closed(Exception):
    """The server has closed the connection; `code` and `reason` where the transport says them."""

    def __init__(self, code: int | None = None, reason: str = ""):
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Client:
    """What both transports share; a subclass sends and receives one message."""

    def __init__(self, port: int):
        daemon = Daemon.by_port.get(port)
        #: What the daemon must have nowhere; it takes down what is sent to it.
        self.canaries = daemon and daemon.canaries
        self._next = 0
        self._sent: deque[float] = deque(maxlen=40)
        self._answers: dict[int | None, dict] = {}
        #: Notifications that have come and that nobody has expected yet, oldest first.
        self.notifications: list[dict] = []
        #: Every text that has ever come.
        self.received: list[str] = []
        #: The result of `session.open`.
        self.session: dict = {}

    # What one does

    def request(self, method: str, params: dict | None = None, **named):
        """Sends a request and returns its result; raises `Refused` with its error."""
        return self.answer(self.post(method, params, **named))

    def answer(self, identifier: int):
        """Waits for the answer to a request that was posted: its result, or `Refused`."""
        while identifier not in self._answers:
            self._hear()
        answer = self._answers.pop(identifier)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def post(self, method: str, params: dict | None = None, **named) -> int:
        """Sends a request and does not wait for its answer: `answer` does."""
        self._keep_pace()
        self._next += 1
        params = {**(params or {}), **named}
        if self.canaries:
            self.canaries.note(params, method)
        message = {"jsonrpc": "2.0", "id": self._next, "method": method}
        self.send(json.dumps(message | {"params": params}))
        return self._next

    def refused(self, method: str, params: dict | None = None, **named) -> str:
        """The reason for which a request is refused, which it must be."""
        try:
            result = self.request(method, params, **named)
        except Refused as refusal:
            return refusal.reason
        raise AssertionError(f"{method} was carried out: {result}")

    def open(self, link: str, **named):
        """Opens a session with what a link's fragment carries, and with a name where it has one."""
        kind, _, secret = urlsplit(link).fragment.partition("=")
        return self.enter(**{kind: secret}, **named)

    def enter(self, device: str = "computer", **credential):
        """Opens a session with a token, a link's secret, or an earlier session's."""
        client = {"name": "test", "device": device}
        self.session = self.request("session.open", credential, client=client)
        if self.canaries:
            self.canaries.watch(self.session["resume_secret"])
        return self.session

    # What one is told

    def expect(self, method: str, holds=lambda params: True) -> dict:
        """Waits for a notification, and takes it: the first for which a condition holds."""
        give_up = time.monotonic() + PATIENCE
        while True:
            for index, told in enumerate(self.notifications):
                if told["method"] == method and holds(told["params"]):
                    return self.notifications.pop(index)["params"]
            assert time.monotonic() < give_up, f"no {method} in {self.notifications}"
            self._hear()

    def told(self, method: str) -> list[dict]:
        """Takes all notifications of a kind that were sent up to now, the present one included."""
        self.catch_up()
        mine = [told["params"] for told in self.notifications if told["method"] == method]
        self.notifications = [told for told in self.notifications if told["method"] != method]
        return mine

    def listen(self, seconds: float):
        """Listens for so long, and keeps the notifications that come."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.is_ready(left):
                self._hear()

    def catch_up(self):
        """Comes back when all has arrived that was sent before: answers come in order too."""
        try:
            self.request("no.such_method")
        except Refused as refusal:
            assert refusal.reason in ("unknown_method", "rate_limited"), refusal

    def ended(self) -> str:
        """Why the server has ended the session, which it must say before it closes."""
        reason = self.expect("session.closing")["reason"]
        self.until_closed()
        return reason

    def until_closed(self) -> Closed:
        """Reads on until the server closes the connection."""
        try:
            while True:
                self._hear()
        except Closed as closed:
            return closed

    @property
    def heard(self) -> str:
        """All that was ever told to this client, as one text to search."""
        return "\n".join(self.received)

    def _note_address(self, connection: socket.socket):
        """Where a client comes from stands in no log either."""
        host, port = connection.getsockname()[:2]
        if self.canaries:
            self.canaries.watch(f"{host}:{port}")

    def _keep_pace(self):
        """Stays within the requests a second that the server allows, listening meanwhile."""
        self._sent.append(time.monotonic())
        if len(self._sent) == self._sent.maxlen and (wait := self._sent[0] + 1.1 - self._sent[-1]) > 0:
            self.listen(wait)

    def _hear(self):
        """Takes in one message, and keeps it for whoever waits for it."""
        text = self.receive()
        self.received.append(text)
        message = json.loads(text)
        schemas.check(message)
        if "method" in message:
            self.notifications.append(message)
        else:
            self._answers[message["id"]] = message


class WebSocketClient(Client):
    def __init__(self, port: int, tls: ssl.SSLContext | None = None, **options):
        super().__init__(port)
        self._ahead: list[str] = []
        url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/v1/signal"
        # What nobody reads must not keep the library from seeing the connection close.
        options.setdefault("max_queue", None)
        connection = connect(url, subprotocols=["samtal.v1"], open_timeout=5, ssl=tls, **options)
        self._resources = ExitStack()
        self._socket = self._resources.enter_context(connection)
        self._note_address(self._socket.socket)

    def send(self, text: str):
        try:
            self._socket.send(text)
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd and closed.rcvd.code, closed.rcvd and closed.rcvd.reason)

    def is_ready(self, seconds: float) -> bool:
        try:
            self._ahead.append(self._socket.recv(timeout=seconds))
        except TimeoutError:
            return False
        except ConnectionClosed:
            return True
        return True

    def receive(self) -> str:
        if self._ahead:
            return self._ahead.pop(0)
        try:
            return self._socket.recv(timeout=PATIENCE)
        except ConnectionClosed as closed:
            raise Closed(closed.rcvd and closed.rcvd.code, closed.rcvd and closed.rcvd.reason)

    def close(self):
        self._resources.close()

    def vanish(self):
        """The connection is lost without a word."""
        self._socket.socket.shutdown(socket.SHUT_RDWR)


class LineClient(Client):
    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        super().__init__(port)
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="127.0.0.1")
        self._unread = b""
        self._note_address(self._socket)

    def send(self, text: str):
        self._socket.sendall(text.encode() + b"\n")

    def is_ready(self, seconds: float) -> bool:
        return b"\n" in self._unread or bool(select.select([self._socket], [], [], seconds)[0])

    def receive(self) -> str:
        while b"\n" not in self._unread:
            try:
                data = self._socket.recv(65_536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed()
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def close(self):
        self._socket.close()

    def vanish(self):
        """The connection is lost without a word."""
        self._socket.shutdown(socket.SHUT_RDWR)
