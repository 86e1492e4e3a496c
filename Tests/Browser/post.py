"""What a clinic's messages are sent through: a gateway for SMS and a server for mail, both stubs."""

import email
import email.policy
import json
import socketserver
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: Seconds within which a message must have come.
PATIENCE = 15.0


@dataclass(frozen=True)
class Message:
    """A message as its recipient gets it."""

    channel: str
    to: str
    text: str
    key: str = ""
    #: The same as a page, where an e-mail has one.
    page: str = ""

    @property
    def secret(self) -> str:
        """What the link in it carries."""
        return self.text.partition("#invite=")[2].split()[0]


class PostOffice:
    """Takes in text messages over HTTP and mail over SMTP, and keeps them in order."""

    def __init__(self):
        self._arrived = threading.Condition()
        self._messages: list[Message] = []
        #: Addresses that the mail server does not know.
        self.unknown: set[str] = set()
        self._gateway = ThreadingHTTPServer(("127.0.0.1", 0), self._make_gateway())
        self._mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._make_mail_server())
        self._mail.daemon_threads = True
        for server in (self._gateway, self._mail):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """What the daemon's configuration says of the two."""
        return {
            "http.url": "https://video.clinic.example",
            "delivery.sms": f"http://127.0.0.1:{self._gateway.server_address[1]}/send",
            "delivery.sms_template": '{"to":"{to}","text":"{text}","key":"{key}"}',
            "delivery.email": f"smtp://127.0.0.1:{self._mail.server_address[1]}",
            "delivery.email_from": "video@clinic.example",
        }

    @property
    def messages(self) -> list[Message]:
        with self._arrived:
            return list(self._messages)

    def expect(self, to: str, count: int = 1) -> Message:
        """Waits for the message that is the `count`th to this recipient."""
        def found():
            return [message for message in self._messages if message.to == to]

        with self._arrived:
            came = self._arrived.wait_for(lambda: len(found()) >= count, PATIENCE)
            assert came, f"{len(found())} messages to {to} of {[m.to for m in self._messages]}"
            return found()[count - 1]

    def close(self):
        for server in (self._gateway, self._mail):
            server.shutdown()
            server.server_close()

    def _take(self, message: Message):
        with self._arrived:
            self._messages.append(message)
            self._arrived.notify_all()

    def _make_gateway(office):
        class Gateway(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                office._take(Message("sms", body["to"], body["text"], body["key"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Gateway

    def _make_mail_server(office):
        class Mail(socketserver.StreamRequestHandler):
            """As much of SMTP (RFC 5321) as it takes to be handed a message."""

            def handle(self):
                recipients: list[str] = []
                self._say("220 stub ready")
                while line := self.rfile.readline().decode().strip():
                    word = line.split()[0].upper()
                    if word == "QUIT":
                        self._say("221 bye")
                        return
                    if word == "RCPT":
                        recipient = line.partition("<")[2].partition(">")[0]
                        if recipient in office.unknown:
                            self._say("550 no such user")
                            continue
                        recipients.append(recipient)
                    if word == "DATA":
                        self._say("354 go on")
                        self._keep(self._read_mail(), recipients)
                        recipients = []
                    self._say("250 ok")

            def _say(self, line: str):
                self.wfile.write(f"{line}\r\n".encode())

            def _read_mail(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                return b"".join(lines)

            def _keep(self, data: bytes, recipients: list[str]):
                mail = email.message_from_bytes(data, policy=email.policy.default)
                text = f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}"
                html = mail.get_body(("html",))
                page = html.get_content() if html else ""
                for recipient in recipients:
                    key = mail["Message-ID"] or ""
                    office._take(Message("email", recipient, text, key, page))

        return Mail

