"""Connections that only cost: each of them is given up in time, and nobody else notices."""

import json
import os
import resource
import select
import socket
import struct
import time

import pytest

from raw import WebSocketClient

UPGRADE = (
    "GET /v1/signal HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: samtal.v1\r\n"
    "{more}\r\n"
)
#: How many connections the daemon holds from one address.
SHARE = 1_024
#: Seconds after which a connection that has not opened a session is closed, and some to spare.
OPEN_TIMEOUT, SPARE = 10, 10


@pytest.fixture
def descriptors():
    """As many open files as the system allows: the other end of every connection is ours."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    assert before[1] > 12_000, "this machine allows too few open files"
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def half_open(descriptors):
    """Makes connections from any loopback address; all are closed in the end."""
    opened = []

    def make(port: int, host: int, text: bytes) -> socket.socket:
        connection = socket.socket()
        opened.append(connection)
        connection.bind((f"127.0.1.{host}", 0))
        connection.connect(("127.0.0.1", port))
        connection.send(text)
        return connection

    yield make
    for connection in opened:
        connection.close()


def upgraded(port: int, more: str = "") -> tuple[socket.socket, str]:
    """A WebSocket by hand, with the head of the server's answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(UPGRADE.format(port=port, more=more).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(4_096)
        if not part:
            break
        head += part
    return connection, head.decode()


def frame(opcode: int, payload: bytes, final: bool = True, reserved: int = 0) -> bytes:
    """A client's frame under a mask of zeros (RFC 6455 section 5.2)."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack("!H", size)
    return bytes([final << 7 | reserved << 4 | opcode]) + length + bytes(4) + payload


def resident(daemon) -> int:
    """Bytes of memory that the daemon holds."""
    with open(f"/proc/{daemon.process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_ten_thousand_half_sent_requests_are_given_up_and_nobody_else_waits(daemon, half_open):
    staff = WebSocketClient(daemon.http_port)
    staff.open(daemon.links["staff"])
    texts = [b"", b"GET / HT", b"GET /v1/signal HTTP/1.1\r\nHost: x\r\n"]
    waiting = {
        connection.fileno(): connection
        for host in range(1, 11)
        for number in range(1_000)
        if (connection := half_open(daemon.http_port, host, texts[number % len(texts)]))
    }
    assert len(waiting) == 10_000

    asked = time.monotonic()
    guest = WebSocketClient(daemon.http_port)
    guest.open(daemon.links["guest"])
    assert staff.request("call.start")["place"] == "call"
    assert guest.request("call.join")["place"] == "lobby"
    assert time.monotonic() - asked < 5

    poller = select.poll()
    for descriptor in waiting:
        poller.register(descriptor, select.POLLIN)
    give_up = time.monotonic() + OPEN_TIMEOUT + SPARE
    while waiting:
        assert time.monotonic() < give_up, f"{len(waiting)} are still held"
        for descriptor, _ in poller.poll(1_000):
            connection = waiting[descriptor]
            connection.settimeout(0)
            try:
                ended = connection.recv(4_096) == b""
            except ConnectionError:
                ended = True
            if ended:
                poller.unregister(descriptor)
                del waiting[descriptor]
    assert staff.request("lobby.admit_all")["admitted"]


def test_one_address_has_its_share_and_others_have_theirs(daemon, half_open):
    held = [half_open(daemon.lines_port, 1, b"") for _ in range(SHARE)]
    one_more = half_open(daemon.lines_port, 1, b"")
    one_more.settimeout(5)
    try:
        assert one_more.recv(1) == b""
    except ConnectionError:
        pass
    elsewhere = WebSocketClient(daemon.http_port)
    assert elsewhere.open(daemon.links["staff"])["you"]["role"] == "staff"
    assert len(held) == SHARE


@pytest.mark.parametrize(
    "data,reason",
    [
        (frame(9, b"x" * 125) * 100, "too_many_control_frames"),
        (frame(9, b"") * 1_000, "too_many_control_frames"),
        (frame(0, b"", final=False) * 1_000, "too_many_fragments"),
        (frame(1, b"{}") * 1_000, "rate_limited"),
    ],
    ids=["pings", "empty pings", "fragments", "messages"],
)
def test_a_flood_of_frames_costs_its_sender_alone(daemon, data, reason):
    bystander = WebSocketClient(daemon.http_port)
    bystander.open(daemon.links["staff"])
    before = resident(daemon)
    # One with a session: it is not the time to open one that ends it.
    connection, _ = upgraded(daemon.http_port)
    token = daemon.links["patient"].rpartition("=")[2]
    opening = {"jsonrpc": "2.0", "id": 1, "method": "session.open", "params": {"token": token}}
    connection.sendall(frame(1, json.dumps(opening).encode()))
    until_opened(connection)
    connection.sendall(frame(1, b"{", final=False) if data[0] & 0x0F == 0 else b"")
    assert closing_reason(connection, data) == reason
    assert bystander.request("call.start")["place"] == "call"
    assert resident(daemon) - before < 32 << 20
    connection.close()


def until_opened(connection: socket.socket):
    """Reads the answer to the first request."""
    received = b""
    while b'"result"' not in received:
        received += connection.recv(65_536)


def take_in(connection: socket.socket, received: bytearray) -> bool:
    """Reads once; false at the end, however that comes."""
    try:
        part = connection.recv(65_536)
    except ConnectionError:
        return False
    received += part
    return bool(part)


def closing_reason(connection: socket.socket, data: bytes) -> str:
    """Floods until the server's closing frame comes, and gives its reason."""
    received, give_up = bytearray(), time.monotonic() + OPEN_TIMEOUT
    connection.setblocking(False)
    unsent, is_open = data, True
    while is_open and time.monotonic() < give_up:
        readable, writable, _ = select.select([connection], [connection] if unsent else [], [], 1)
        try:
            if writable:
                unsent = unsent[connection.send(unsent):] or data
        except BlockingIOError:
            pass
        except ConnectionError:
            # What was said before is still to be read.
            unsent = b""
        is_open = not readable or take_in(connection, received)
        if reason := take_closing(received):
            return reason
    raise AssertionError("it was not closed")


def take_closing(received: bytearray) -> str | None:
    """Takes the whole frames; the reason of the one that closes, where it is among them."""
    while len(received) >= 2:
        size, start = received[1], 2
        if size == 126:
            size, start = struct.unpack("!H", received[2:4].ljust(2, b"\xff"))[0], 4
        if len(received) < start + size:
            return None
        if received[0] & 0x0F == 8:
            assert struct.unpack("!H", received[2:4])[0] == 1_008
            return received[4 : 2 + size].decode()
        del received[: start + size]
    return None


def test_nothing_is_inflated(daemon):
    connection, head = upgraded(
        daemon.http_port, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    )
    assert " 101 " in head and "sec-websocket-extensions" not in head.lower()
    connection.sendall(frame(1, b"\x00" * 100, reserved=4))
    connection.settimeout(5)
    answer = connection.recv(4_096)
    assert answer == b"" or answer[0] & 0x0F == 8


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "file://",
        "http://127.0.0.1.evil.example:{port}",
        "http://evil127.0.0.1:{port}",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}@evil.example",
        "ws://127.0.0.1:{port}",
    ],
)
def test_a_page_that_looks_like_ours_is_turned_away(daemon, origin):
    origin = origin.format(port=daemon.http_port)
    _, head = upgraded(daemon.http_port, f"Origin: {origin}\r\n")
    assert head.startswith("HTTP/1.1 403 ")


def test_a_page_of_ours_is_let_in(daemon):
    _, head = upgraded(daemon.http_port, f"Origin: http://127.0.0.1:{daemon.http_port}\r\n")
    assert head.startswith("HTTP/1.1 101 ")


@pytest.mark.parametrize("way", ["too long", "too many"])
def test_over_lines_a_connection_ends_with_its_reason(daemon, way):
    reason = {"too long": "message_too_long", "too many": "rate_limited"}[way]
    data = b"x" * 400_000 if way == "too long" else b"{}\n" * 1_000
    with socket.create_connection(("127.0.0.1", daemon.lines_port), timeout=OPEN_TIMEOUT) as client:
        client.sendall(data)
        received = bytearray()
        while take_in(client, received):
            pass
    last = json.loads(received.splitlines()[-1])
    assert last["method"] == "session.closing"
    assert last["params"] == {"seq": 0, "reason": reason, "action": "resume"}
