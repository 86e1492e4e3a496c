"""Signaling without a browser: JSON-RPC over a WebSocket, and over plain TCP lines."""

import json
import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from websockets.sync.client import connect


class Refused(Exception):
    """A request was answered with an error; `reason` is its stable word."""

    def __init__(self, error: dict):
        super().__init__(error)
        self.reason = error["data"]["reason"]


class _Client:
    """What both transports share; a subclass sends and receives one message."""

    def __init__(self):
        self._next = 0
        self.notifications: list[dict] = []

    def request(self, method: str, params: dict | None = None):
        self._next += 1
        identifier = self._next
        message = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params or {}}
        self.send(json.dumps(message))
        while True:
            answer = json.loads(self.receive())
            if "method" in answer:
                self.notifications.append(answer)
            elif answer["id"] == identifier:
                break
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def open(self, link: str):
        """Opens a session with what a link's fragment carries."""
        kind, _, secret = urlsplit(link).fragment.partition("=")
        return self.request("session.open", {kind: secret, "client": {"name": "test"}})


class WebSocketClient(_Client):
    def __init__(self, port: int, **options):
        super().__init__()
        url = f"ws://127.0.0.1:{port}/v1/signal"
        connection = connect(url, subprotocols=["samtal.v1"], open_timeout=5, **options)
        self._resources = ExitStack()
        self._socket = self._resources.enter_context(connection)

    def send(self, text: str):
        self._socket.send(text)

    def receive(self) -> str:
        return self._socket.recv(timeout=5)

    def close(self):
        self._resources.close()


class LineClient(_Client):
    def __init__(self, port: int):
        super().__init__()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def send(self, text: str):
        self._socket.sendall(text.encode() + b"\n")

    def receive(self) -> str:
        line = self._lines.readline()
        assert line, "the server closed the connection"
        return line

    def close(self):
        self._socket.close()
