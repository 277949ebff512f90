"""The doctor against web servers on loopback that show one fault each."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smartfleet.connect.doctor import examine
from smartfleet.connect.servers import check_servers
from smartfleet.connect.target import Settings
from smartfleet.model.doctor import Check
from tests.ports import free_port

pytestmark = pytest.mark.once

STATUS = '{"installed":true,"maintenance":%s,"needsDbUpgrade":%s,"versionstring":"29.0.1"}'


@dataclass
class Site:
    """How a server answers."""

    instance: str = "oclgbg67eqtf"
    maintenance: str = "false"
    upgrade: str = "false"
    redirects: dict[str, int] = field(default_factory=dict)
    body: str = ""


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        redirect = self.site.redirects.get(self.path)
        if redirect:
            self.send_response(redirect)
            self.send_header("Location", "https://elsewhere.test" + self.path)
        elif self.path == "/index.php/204":
            self.send_response(204)
        elif self.path == "/status.php":
            self.send_response(200)
            self.send_header("Set-Cookie", "oc_sessionPassphrase=x; path=/")
            if self.site.instance:
                self.send_header("Set-Cookie", f"{self.site.instance}=abc; path=/; HttpOnly")
        else:
            self.send_response(404)
        self.end_headers()
        if self.path == "/status.php" and not redirect:
            body = self.site.body or STATUS % (self.site.maintenance, self.site.upgrade)
            self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


class Web:
    """Servers in threads, and a certificate authority of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self.certificate("Lab CA", self.ca_key, self.ca_key, days=100, ca=True)
        (folder / "ca.pem").write_bytes(self.ca.public_bytes(serialization.Encoding.PEM))
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))

    def certificate(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        *,
        days: int,
        ca: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer_name = "Lab CA" if signer is self.ca_key else "Unknown CA"
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(issuer if ca else subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=90))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names: list[x509.GeneralName] = [x509.DNSName(name)]
            if name == "localhost":
                names.append(x509.IPAddress(ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(signer, hashes.SHA256())

    def start(self, site: Site | None = None, certificate: tuple[str, int, bool] | None = None) -> str:
        """Serves `site`; `certificate` is (name, days left, signed by the known authority). Returns its URL."""
        handler = type("SiteHandler", (Handler,), {"site": site or Site()})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused certificate is the purpose
        if certificate:
            server.socket = self._tls(*certificate).wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.servers.append((server, thread))
        scheme, name = ("https", "localhost") if certificate else ("http", "127.0.0.1")
        return f"{scheme}://{name}:{server.server_address[1]}"

    def _tls(self, name: str, days: int, known: bool) -> ssl.SSLContext:  # noqa: FBT001 - the fields of a tuple
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self.ca_key if known else ec.generate_private_key(ec.SECP256R1())
        certificate = self.certificate(name, key, signer, days=days)
        file = self.folder / f"{len(self.servers)}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(file))
        return context

    def ask(self, old: list[str], new: str) -> dict[str, dict[str, Check]]:
        told: list[Check] = []
        checks = check_servers(old, new, Settings(timeout=60, trust=lambda: self.trust), told.append)
        assert told == checks
        found: dict[str, dict[str, Check]] = {}
        for check in checks:
            found.setdefault(check.target, {})[check.check] = check
        return found

    def stop(self) -> None:
        for server, thread in self.servers:
            server.shutdown()
            server.server_close()
            thread.join(60)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    web = Web(tmp_path)
    yield web
    web.stop()


def codes(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.code for name, check in checks.items() if check.state in {"failed", "warning"}}


def test_both_names_are_well(web: Web) -> None:
    old, new = web.start(certificate=("localhost", 80, True)), web.start(certificate=("localhost", 80, True))
    found = web.ask([old], new)
    assert {check.state for checks in found.values() for check in checks.values()} == {"ok"}
    assert list(found[new]) == ["dns", "tcp", "tls", "status", "redirect", "maintenance", "instance"]
    assert found[old]["instance"].message == "oclgbg67eqtf, the same server"
    assert "issued by Lab CA, valid for 79 more days" in found[new]["tls"].message


@pytest.mark.parametrize(
    ("certificate", "code"),
    [
        (("localhost", -1, True), "server/certificate-expired"),
        (("other.test", 80, True), "server/certificate-name"),
        (("localhost", 80, False), "server/certificate-issuer"),
    ],
)
def test_certificates_that_clients_refuse(web: Web, certificate: tuple[str, int, bool], code: str) -> None:
    new = web.start(certificate=certificate)
    found = web.ask([], new)[new]
    assert (found["tls"].code, found["tls"].state) == (code, "failed")
    assert f"It is for {certificate[0]}" in found["tls"].message
    assert {found[later].state for later in ("status", "redirect", "maintenance", "instance")} == {"skipped"}


def test_a_certificate_that_ends_soon(web: Web) -> None:
    new = web.start(certificate=("localhost", 5, True))
    assert codes(web.ask([], new)[new]) == {"tls": "server/certificate-ends-soon"}


def test_https_where_http_is_spoken(web: Web) -> None:
    new = web.start().replace("http:", "https:")
    assert codes(web.ask([], new)[new]) == {"tls": "server/no-tls"}


@pytest.mark.parametrize("path", ["/status.php", "/index.php/204"])
def test_an_old_name_that_redirects_is_an_error(web: Web, path: str) -> None:
    old, new = web.start(Site(redirects={path: 301})), web.start()
    found = web.ask([old], new)
    assert codes(found[old])["redirect"] == "server/redirect"
    assert found[old]["redirect"].state == "failed"
    assert "elsewhere.test" in found[old]["redirect"].message
    assert "trusted_domains" in found[old]["redirect"].do
    assert codes(found[new]) == {}


def test_a_new_name_that_redirects_is_another_error(web: Web) -> None:
    new = web.start(Site(redirects={"/status.php": 302}))
    found = web.ask([], new)[new]
    assert codes(found) == {"redirect": "server/redirect"}
    assert "servers.new" in found["redirect"].do


@pytest.mark.parametrize("site", [Site(maintenance="true"), Site(upgrade="true")])
def test_maintenance(web: Web, site: Site) -> None:
    new = web.start(site)
    assert codes(web.ask([], new)[new])["maintenance"] == "server/maintenance"


def test_another_server_under_the_new_name(web: Web) -> None:
    old, new = web.start(), web.start(Site(instance="oczzzzzzzzzz"))
    found = web.ask([old], new)
    assert codes(found[old]) == {"instance": "server/other-instance"}
    assert "delete their local files" in found[old]["instance"].why


def test_a_server_that_does_not_say_who_it_is(web: Web) -> None:
    old, new = web.start(), web.start(Site(instance=""))
    found = web.ask([old], new)
    assert codes(found[new]) == {"instance": "server/no-instance"}
    assert codes(found[old]) == {}


def test_another_site(web: Web) -> None:
    new = web.start(Site(body="<html>It works!</html>"))
    assert codes(web.ask([], new)[new]) == {"status": "server/not-nextcloud"}


def test_an_old_name_that_is_gone_does_not_stop_a_move(web: Web) -> None:
    old = f"http://127.0.0.1:{free_port()}"
    new = web.start()
    report = examine([], [old], new, Settings(timeout=60, trust=lambda: web.trust))
    assert report.failed("server") == []
    assert [check.code for check in report.checks if check.state == "warning"] == ["connect/tcp-refused"]
    assert report.model_validate_json(report.model_dump_json()) == report
