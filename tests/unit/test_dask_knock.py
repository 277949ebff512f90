"""Before Dask's client is used: is the scheduler there, is it the right one, and does it ask for certificates?"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smartfleet.engines.dask.identity import Identity, context, identity
from smartfleet.engines.dask.knock import knock
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import DaskEngine
from smartfleet.lab.winrm.ca import KeyPair, LabCa

Serve = Callable[[socket.socket], None]


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> LabCa:
    return LabCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def mine(ca: LabCa) -> KeyPair:
    return ca.node("controller", ["127.0.0.1"])


@pytest.fixture
def serving() -> Iterator[Callable[[Serve], int]]:
    """Starts servers whose every connection is served by a function; their port."""
    with contextlib.ExitStack() as stack:

        def start(serve: Serve) -> int:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=accept, args=(server, serve), daemon=True)
            thread.start()
            stack.callback(thread.join, 5)
            # closing does not wake who accepts
            stack.callback(server.shutdown, socket.SHUT_RDWR)
            return int(server.getsockname()[1])

        yield start


def accept(server: socket.socket, serve: Serve) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                serve(connection)


def scheduler(
    ca: LabCa, pair: KeyPair, *, requires: bool = True, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Serve:
    """As Dask's: whoever's certificate it takes is told its first word."""
    trust = ca.tls(pair, asks_clients=True)
    trust.maximum_version = newest
    trust.verify_mode = ssl.CERT_REQUIRED if requires else ssl.CERT_OPTIONAL

    def serve(connection: socket.socket) -> None:
        with trust.wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"first word")
            tls.recv(1)

    return serve


def who(ca: LabCa, pair: KeyPair, port: int, host: str = "127.0.0.1") -> Identity:
    return Identity(host, port, ca.certificate, pair.certificate, pair.key)


def refused(one: Identity) -> EngineError:
    with pytest.raises(EngineError) as caught:
        knock(one, context(one))
    assert caught.value.why
    assert caught.value.do
    return caught.value


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls12", "tls13"])
def test_a_scheduler_that_asks_for_certificates_is_accepted(
    ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int], newest: ssl.TLSVersion
) -> None:
    one = who(ca, mine, serving(scheduler(ca, ca.node("scheduler", ["127.0.0.1"]), newest=newest)))
    knock(one, context(one))


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["tls12", "tls13"])
def test_a_certificate_of_another_authority_is_refused(
    ca: LabCa, serving: Callable[[Serve], int], tmp_path: Path, newest: ssl.TLSVersion
) -> None:
    port = serving(scheduler(ca, ca.node("scheduler", ["127.0.0.1"]), newest=newest))
    stranger = LabCa(tmp_path / "other").node("stranger", ["127.0.0.1"])
    assert refused(who(ca, stranger, port)).code == "engine/certificate-refused"


def test_a_scheduler_that_talks_to_anybody_is_refused(
    ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int]
) -> None:
    port = serving(scheduler(ca, ca.node("scheduler", ["127.0.0.1"]), requires=False))
    assert refused(who(ca, mine, port)).code == "engine/no-client-certificates"


def test_a_scheduler_of_another_authority_is_refused(
    ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int], tmp_path: Path
) -> None:
    other = LabCa(tmp_path / "other")
    port = serving(scheduler(other, other.node("scheduler", ["127.0.0.1"])))
    assert refused(who(ca, mine, port)).code == "engine/scheduler-certificate"


def test_a_scheduler_with_an_expired_certificate_is_refused(
    ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int]
) -> None:
    port = serving(scheduler(ca, ca.node("old", ["127.0.0.1"], expired=True)))
    assert refused(who(ca, mine, port)).code == "engine/scheduler-certificate-expired"


def test_a_worker_cannot_pass_for_the_scheduler(ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int]) -> None:
    port = serving(scheduler(ca, ca.node("worker", ["127.0.0.2"])))
    assert refused(who(ca, mine, port)).code == "engine/scheduler-certificate-name"


def test_plain_tcp_is_refused(ca: LabCa, mine: KeyPair, serving: Callable[[Serve], int]) -> None:
    port = serving(lambda connection: connection.sendall(b"a scheduler without TLS"))
    assert refused(who(ca, mine, port)).code == "engine/no-tls"


def test_a_scheduler_that_is_not_there_is_told(ca: LabCa, mine: KeyPair) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = refused(who(ca, mine, port))
    assert error.code == "engine/no-scheduler"
    assert "Connection refused" in error.message


def test_an_own_certificate_that_has_expired_is_told_before_anybody_is_called(ca: LabCa) -> None:
    error = refused(who(ca, ca.node("late", ["127.0.0.1"], expired=True), 1))
    assert error.code == "engine/certificate-expired"
    assert "late.pem" in error.message


@pytest.mark.parametrize("missing", ["ca_file", "certificate_file", "key_file"])
def test_a_file_that_is_missing_is_named(ca: LabCa, mine: KeyPair, missing: str) -> None:
    files = {"ca_file": ca.certificate.name, "certificate_file": mine.certificate.name, "key_file": mine.key.name}
    settings = DaskEngine.model_validate({"scheduler": "tls://127.0.0.1:1", **files, missing: "nowhere.pem"})
    error = refused(identity(settings, ca.certificate.parent))
    assert error.code == "engine/certificate-files"
    assert "nowhere.pem" in error.message


def test_a_key_of_another_certificate_is_refused(ca: LabCa, mine: KeyPair) -> None:
    other = ca.node("other", ["127.0.0.1"])
    error = refused(Identity("127.0.0.1", 1, ca.certificate, mine.certificate, other.key))
    assert error.code == "engine/certificate-files"


def test_the_settings_name_host_and_port(tmp_path: Path) -> None:
    settings = DaskEngine(scheduler="tls://[::1]:8786", ca_file="a", certificate_file="/b", key_file="c/d")
    one = identity(settings, tmp_path)
    assert (one.host, one.port) == ("::1", 8786)
    assert (one.ca, one.certificate, one.key) == (tmp_path / "a", Path("/b"), tmp_path / "c/d")
    assert one.scheduler == "tls://[::1]:8786"
