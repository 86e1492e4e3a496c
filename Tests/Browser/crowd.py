"""Very many WebSocket sessions from one process: small clients that answer pings and no more."""

import base64
import json
import os
import select
import socket
import struct

TEXT, PING, PONG = 0x81, 0x89, 0x8A
#: Connections from one address of the loopback network: fewer than the daemon lets one have.
PER_ADDRESS = 500


class Crowd:
    """Clients, each with a session of its own."""

    def __init__(self, port: int):
        self.port = port
        self._sockets: dict[int, socket.socket] = {}
        self._poll = select.epoll()
        #: Connections that the server has closed.
        self.lost = 0

    def __len__(self) -> int:
        return len(self._sockets)

    def add(self, token: str) -> dict:
        """One more client opens a session; returns what it was answered."""
        client = socket.socket()
        client.bind((f"127.0.1.{1 + len(self) // PER_ADDRESS}", 0))
        client.settimeout(20)
        client.connect(("127.0.0.1", self.port))
        key = base64.b64encode(os.urandom(16)).decode()
        client.sendall(
            f"GET /v1/signal HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: samtal.v1\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._exactly(client, 1)
        assert b" 101 " in answer, answer
        request = {
            "jsonrpc": "2.0", "id": 1, "method": "session.open",
            "params": {"token": token, "client": {"name": "crowd"}},
        }
        client.sendall(self._frame(TEXT, json.dumps(request).encode()))
        result = json.loads(self._read_frame(client)[1])
        self._sockets[client.fileno()] = client
        self._poll.register(client.fileno(), select.EPOLLIN)
        return result

    def listen(self, seconds: float = 0):
        """Answers the pings that have come, or come within the time."""
        for descriptor, _ in self._poll.poll(seconds, max(1, len(self))):
            client = self._sockets[descriptor]
            try:
                kind, payload = self._read_frame(client)
            except ConnectionError:
                self._poll.unregister(descriptor)
                self.lost += 1
                continue
            if kind == PING:
                client.sendall(self._frame(PONG, payload))

    def close(self):
        for client in self._sockets.values():
            client.close()
        self._poll.close()

    @staticmethod
    def _frame(kind: int, payload: bytes) -> bytes:
        """A frame of a client (RFC 6455 section 5.2), under a mask of zeros."""
        length = len(payload)
        head = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack(">H", length)
        return bytes([kind]) + head + bytes(4) + payload

    def _read_frame(self, client: socket.socket) -> tuple[int, bytes]:
        kind, length = self._exactly(client, 2)
        if length == 126:
            length, = struct.unpack(">H", self._exactly(client, 2))
        return kind, self._exactly(client, length)

    @staticmethod
    def _exactly(client: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = client.recv(count - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data
