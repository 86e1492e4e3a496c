"""Invites leave the daemon by a real SMTP server and a real HTTP gateway: once, in order, and with
nothing in them, or anywhere else, that they are not to say."""

import re
import sqlite3
from contextlib import closing

import pytest

from daemon import Daemon, free_port
from gateways import HTTPStub, MailServer, until
from raw import WebSocketClient

#: What must stand in no message, log, metric, event or audit row: the demo's patient and heading,
#: and the recipients' own names and addresses.
CANARIES = [
    "Kim Berg", "Hosta och feber", "PLANTED", "+46701740606", "+46701740607", "planted-a@",
    "planted-b@",
]
FIRST = {
    "given_name": "PLANTED", "family_name": "First", "phone": "070-174 06 06",
    "email": "planted-a@home.example", "kind": "interpreter",
}
SECOND = {
    "given_name": "PLANTED", "family_name": "Second", "phone": "+46 70 174 06 07",
    "email": "planted-b@home.example", "kind": "relative",
}


class DeliveringDaemon(Daemon):
    """A daemon whose messages go to the test's own servers."""

    def __init__(self, state, mail: MailServer, gateway: HTTPStub):
        super().__init__(state)
        self.mail_server = mail
        self.gateway = gateway

    @property
    def configuration(self) -> str:
        return super().configuration + "\n".join([
            "http.url: https://video.clinic.example",
            f"delivery.email: smtp://127.0.0.1:{self.mail_server.port}",
            "delivery.email_from: no-reply@clinic.example",
            f"delivery.sms: {self.gateway.url}/a1/sms",
            'delivery.sms_template: {"to": "{to}", "message": "{text}"}',
            "delivery.webhooks: any",
            "",
        ])


@pytest.fixture
def mail():
    server = MailServer(free_port())
    yield server
    server.stop()


@pytest.fixture
def gateway():
    stub = HTTPStub()
    yield stub
    stub.stop()


@pytest.fixture
def clinic(tmp_path, mail, gateway):
    running = DeliveringDaemon(tmp_path, mail, gateway)
    running.start()
    yield running
    running.stop()


def staff_of(daemon: Daemon) -> WebSocketClient:
    client = WebSocketClient(daemon.http_port)
    client.open(daemon.links["staff"])
    return client


def invite(staff: WebSocketClient, *recipients: dict) -> list[str]:
    """Invites, and gives the identifiers."""
    answers = staff.request("invite.create", {"recipients": list(recipients)})["invites"]
    assert [answer["status"] for answer in answers] == ["accepted"] * len(recipients), answers
    return [answer["invite"]["id"] for answer in answers]


def states(staff: WebSocketClient, identifier: str) -> dict[str, str]:
    """The state of each channel, as staff sees it."""
    invites = staff.request("invite.list")["invites"]
    found = next(invite for invite in invites if invite["id"] == identifier)
    return {channel["channel"]: channel["state"] for channel in found["channels"]}


def settled(daemon: Daemon) -> int:
    """How many messages are on disk as sent."""
    with closing(sqlite3.connect(f"file:{daemon.state}/samtal.db?mode=ro", uri=True)) as database:
        return database.execute(
            "SELECT count(*) FROM events WHERE payload ->> 'type' = 'message.settled'").fetchone()[0]


def outside_the_personal_fields(daemon: Daemon) -> str:
    """Everything that the database holds beside the personal fields, which have them."""
    with closing(sqlite3.connect(daemon.state / "samtal.db")) as database:
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {table: str(database.execute(f"SELECT * FROM {table}").fetchall())
                for table in tables}
    assert "PLANTED" in rows.pop("personal")
    return "\n".join(rows.values())


def test_everybody_gets_what_is_theirs_and_nothing_else(clinic, mail, gateway):
    staff = staff_of(clinic)
    first, second = invite(staff, FIRST, SECOND)
    until(lambda: len(mail.mails) == 2 and len(gateway.posts) == 2, "not all came")
    until(lambda: states(staff, first) == {"sms": "sent", "email": "sent"}, "not shown as sent")
    assert states(staff, second) == {"sms": "sent", "email": "sent"}

    by_number = {post.json["to"]: post for post in gateway.posts}
    assert by_number.keys() == {"+46701740606", "+46701740607"}
    by_address = {mail.recipients[0]: mail for mail in mail.mails}
    assert by_address.keys() == {"planted-a@home.example", "planted-b@home.example"}
    links = set()
    for number, address in (("+46701740606", "planted-a@home.example"),
                            ("+46701740607", "planted-b@home.example")):
        post, letter = by_number[number], by_address[address]
        assert letter.recipients == [address]
        assert letter.message["To"] == address and not letter.message["Cc"]
        assert letter.message["From"] == "no-reply@clinic.example"
        assert letter.message["Subject"] == "Du är inbjuden till ett videosamtal"
        link = re.search(r"https://video\.clinic\.example/call#invite=\S+", letter.text)[0]
        assert post.json["message"] == f"Du är inbjuden till ett videosamtal:\n{link}"
        links.add(link)
        said = post.json["message"] + letter.text + letter.message["Subject"]
        assert not [canary for canary in CANARIES if canary in said]
        theirs = (number, address.partition("@")[0] + "@")
        raw = letter.raw.decode() + post.body.decode()
        assert not [word for word in CANARIES if word in raw and word not in theirs]
    assert len(links) == 2
    keys = [post.headers["Idempotency-Key"] for post in gateway.posts]
    assert len({*keys, *(letter.message["Message-ID"] for letter in mail.mails)}) == 4

    secrets = [link.partition("=")[2] for link in links]
    clinic.until(lambda: clinic.metrics()['samtal_messages_total{outcome="sent"}'] == 4)
    log, metrics = clinic.log.read_text(), str(clinic.metrics())
    for place in (log, metrics, outside_the_personal_fields(clinic)):
        assert not [word for word in CANARIES + secrets if word in place]


def test_a_gateway_that_was_down_gets_everything_once_it_is_up(clinic, mail, gateway):
    gateway.status = 503
    mail.stop()
    staff = staff_of(clinic)
    [identifier] = invite(staff, FIRST)
    until(lambda: len(gateway.posts) >= 2, "it was not tried again")
    assert states(staff, identifier) == {"sms": "queued", "email": "queued"}
    gateway.status = 200
    mail.start()
    until(lambda: states(staff, identifier) == {"sms": "sent", "email": "sent"}, "never sent")
    assert len({post.headers["Idempotency-Key"] for post in gateway.posts}) == 1
    assert len(mail.mails) == 1


def test_a_refused_address_is_shown_with_its_reason(clinic, mail, gateway):
    gateway.status = 422
    mail.refusals["planted-a@home.example"] = "550 no such user planted-a@home.example"
    staff = staff_of(clinic)
    [identifier] = invite(staff, FIRST)
    until(lambda: states(staff, identifier) == {"sms": "failed", "email": "failed"}, "not refused")
    invites = staff.request("invite.list")["invites"]
    found = next(invite for invite in invites if invite["id"] == identifier)
    assert [channel["reason"] for channel in found["channels"]] == ["rejected", "rejected"]
    assert len(gateway.posts) == 1
    assert "planted-a" not in clinic.log.read_text()


def test_a_crash_before_the_acknowledgement_makes_no_second_message(clinic, mail, gateway):
    gateway.status = 0
    staff = staff_of(clinic)
    recipient = {name: value for name, value in FIRST.items() if name != "email"}
    [identifier] = invite(staff, recipient)
    until(lambda: len(gateway.posts) == 1, "nothing came")
    clinic.kill()
    gateway.status = 200
    clinic.start()
    staff = staff_of(clinic)
    until(lambda: states(staff, identifier) == {"sms": "sent"}, "never sent")
    first, second = gateway.posts
    assert second.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]
    assert second.body == first.body

    # What is known to have been sent is not sent again.
    until(lambda: settled(clinic) == 1, "it was never put on record")
    clinic.kill()
    clinic.start()
    staff = staff_of(clinic)
    invite(staff, {name: value for name, value in SECOND.items() if name != "email"})
    until(lambda: len(gateway.posts) == 3, "the next one did not come")
    assert [post.json["to"] for post in gateway.posts] == ["+46701740606"] * 2 + ["+46701740607"]


def test_mail_that_a_crash_sends_again_is_the_same_to_whoever_gets_it(clinic, mail, gateway):
    """Between a server's last word and our record of it stands a moment in which nobody can know
    whether a mail was taken. Then it goes out again, under the Message-ID by which mail systems
    know it for the same (RFC 5322 section 3.6.4), and in the same bytes."""
    mail.breaks_off = True
    staff = staff_of(clinic)
    recipient = {name: value for name, value in FIRST.items() if name != "phone"}
    [identifier] = invite(staff, recipient)
    until(lambda: len(mail.mails) == 1, "nothing came")
    clinic.kill()
    mail.breaks_off = False
    clinic.start()
    staff = staff_of(clinic)
    until(lambda: states(staff, identifier) == {"email": "sent"}, "never sent")
    first, second = mail.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.raw == second.raw

    # What is known to have been taken does not go out again.
    until(lambda: settled(clinic) == 1, "it was never put on record")
    clinic.kill()
    clinic.start()
    invite(staff_of(clinic), {name: value for name, value in SECOND.items() if name != "phone"})
    until(lambda: len(mail.mails) == 3, "the next one did not come")
    assert mail.mails[2].recipients == ["planted-b@home.example"]
