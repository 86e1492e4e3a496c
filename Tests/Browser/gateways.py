"""What messages and webhooks are handed to: a real SMTP server, and an HTTP server that a test can
have fail."""

import email
import email.policy
import json
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

#: Seconds within which something must have come: some attempts are repeated before.
PATIENCE = 30.0


def until(condition, what: str):
    """Waits until a condition holds."""
    give_up = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < give_up, what
        pause.wait(0.02)


@dataclass
class Mail:
    """One transaction: who was named in the envelope, and the message."""

    recipients: list[str]
    message: EmailMessage
    raw: bytes

    @property
    def text(self) -> str:
        return self.message.get_content()


class MailServer:
    """An SMTP server on a free port; `stop` and `start` leave the port as it is."""

    def __init__(self, port: int):
        self.mails: list[Mail] = []
        #: What to answer to a recipient, for those whom it refuses.
        self.refusals: dict[str, str] = {}
        #: Whether the line breaks when a mail has been taken, and before that is said.
        self.breaks_off = False
        self.port = port
        self.start()

    def start(self):
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self):
        self._controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append(Mail(list(envelope.rcpt_tos), message, envelope.content))
        if self.breaks_off:
            server.transport.abort()
        return "250 OK"


@dataclass
class Post:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class HTTPStub:
    """An HTTP server that keeps what is posted and answers with `status`; 0 is no answer at all."""

    status: int = 200
    posts: list[Post] = field(default_factory=list)

    def __post_init__(self):
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = stub.status
                stub.posts.append(Post(self.path, dict(self.headers), body))
                if status == 0:
                    # Until the other side has gone.
                    self.rfile.read()
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
