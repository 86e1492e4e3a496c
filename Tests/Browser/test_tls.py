"""Pages and signaling under TLS, over WebSocket and over lines, and certificates that are replaced
while the daemon runs (S33)."""

import os
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest

from daemon import Daemon
from raw import LineClient, WebSocketClient
from test_floods import UPGRADE

WAYS = {"websocket": WebSocketClient, "lines": LineClient}


class Certificates:
    """A certificate and its key, in the files that the daemon is told of."""

    def __init__(self, folder: Path):
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        self.make()

    def make(self):
        """A fresh pair; each file takes the place of the one before at once."""
        fresh = [file.with_suffix(".new") for file in (self.chain, self.key)]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=clinic.example", "-addext",
             "subjectAltName=IP:127.0.0.1", "-out", fresh[0], "-keyout", fresh[1]],
            check=True, capture_output=True, timeout=30,
        )
        for old, new in zip((self.chain, self.key), fresh):
            os.replace(new, old)

    @property
    def context(self) -> ssl.SSLContext:
        """For a client that trusts the certificate as it is now, and no other."""
        return ssl.create_default_context(cafile=str(self.chain))


@pytest.fixture
def certificates(tmp_path: Path):
    return Certificates(tmp_path)


@pytest.fixture
def daemon(tmp_path: Path, certificates: Certificates):
    running = Daemon(tmp_path, settings={
        "http.certificate": str(certificates.chain), "http.key": str(certificates.key)})
    running.start()
    yield running
    running.stop()


def ports(daemon: Daemon) -> dict[str, int]:
    return {"websocket": daemon.http_port, "lines": daemon.lines_port}


def connect(daemon: Daemon, way: str, tls: ssl.SSLContext):
    return WAYS[way](ports(daemon)[way], tls=tls)


@pytest.mark.parametrize("way", WAYS)
def test_signaling_goes_over_tls(daemon, certificates, way):
    client = connect(daemon, way, certificates.context)
    assert client.open(daemon.links["staff"])["you"]["role"] == "staff"
    assert client.request("call.start")["place"] == "call"
    client.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("way", WAYS)
def test_without_tls_or_with_an_old_one_nobody_is_let_in(daemon, certificates, way):
    with socket.create_connection(("127.0.0.1", ports(daemon)[way]), timeout=10) as plain:
        plain.sendall(b'{"jsonrpc":"2.0","id":1,"method":"session.open","params":{}}\n\r\n\r\n')
        with plain.makefile("rb") as answer:
            try:
                assert b"jsonrpc" not in answer.read()
            except ConnectionError:
                pass
    old = certificates.context
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(daemon, way, old)


def test_links_and_pages_are_under_tls(daemon, certificates):
    page = daemon.links["staff"].partition("#")[0]
    assert page.startswith("https://")
    with urllib.request.urlopen(page, context=certificates.context, timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(("scheme", "status"), [("https", b"101"), ("http", b"403")])
def test_a_page_that_came_without_tls_opens_nothing(daemon, certificates, scheme, status):
    port = daemon.http_port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with certificates.context.wrap_socket(connection, server_hostname="127.0.0.1") as client:
            origin = f"Origin: {scheme}://127.0.0.1:{port}\r\n"
            client.sendall(UPGRADE.format(port=port, more=origin).encode())
            assert client.recv(4_096).split()[1] == status


def shown(daemon: Daemon, way: str) -> str:
    """The certificate that a new connection is shown."""
    return ssl.get_server_certificate(("127.0.0.1", ports(daemon)[way]), timeout=10)


def test_a_new_certificate_is_shown_without_a_restart_and_nobody_is_cut_off(daemon, certificates):
    before = certificates.chain.read_text()
    old = {way: connect(daemon, way, certificates.context) for way in WAYS}
    for way, client in old.items():
        assert shown(daemon, way).strip() == before.strip()
        client.open(daemon.links["staff"])
    certificates.make()
    after = certificates.chain.read_text()
    assert after != before
    for way in WAYS:
        daemon.until(lambda way=way: shown(daemon, way).strip() == after.strip())
    for way, client in old.items():
        assert client.request("visit.get", visit="vis_demo")["visit"]["id"] == "vis_demo"
        fresh = connect(daemon, way, certificates.context)
        assert fresh.open(daemon.links["patient"])["you"]["role"] == "patient"
        fresh.close()
        client.close()
