"""The doctor against emulated WinRM endpoints on loopback that show one fault each."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jsonschema
import pytest

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.cli.main import main
from smartfleet.connect.host import check_host
from smartfleet.connect.target import Settings
from smartfleet.connect.windows.host import CHECKS
from smartfleet.lab.winrm.ca import LabCa
from smartfleet.lab.winrm.endpoint import Endpoint, serve
from smartfleet.lab.winrm.machine import Output
from smartfleet.lab.winrm.settings import Service
from smartfleet.lab.winrm.workers import Workers
from smartfleet.model.doctor import Check
from tests.integration.doctor_machine import DoctorMachine
from tests.ports import free_port

pytestmark = pytest.mark.once

PASSWORD = "Geheim-1"
SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
T = TypeVar("T")


class Office:
    """Endpoints in one event loop of a thread, and the authority that signs for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = LabCa(folder / "ca")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.workers = Workers(1)
        self.endpoints: list[Endpoint] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def start(
        self, machine: DoctorMachine | None = None, *, tls: bool = True, names: tuple[str, ...] = ("127.0.0.1",),
        expired: bool = False, **service: Any,
    ) -> Endpoint:  # fmt: skip
        pair = self.ca.server(f"win{len(self.endpoints)}", names, expired=expired)
        context = self.ca.tls(pair, asks_clients=bool(service.get("certificate"))) if tls else None
        endpoint = self.do(
            serve(machine or DoctorMachine(), "127.0.0.1", 0, context, workers=self.workers, service=Service(**service))
        )
        self.endpoints.append(endpoint)
        return endpoint

    def stop(self) -> None:
        for endpoint in self.endpoints:
            self.do(endpoint.close())
        self.do(self.workers.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()

    def host(
        self, port: int, *, user: str | None = ".\\admin", password: str = PASSWORD, connection: str = "winrm",
        passwords: Mapping[str, str] | None = None, **variables: object,
    ) -> InventoryHost:  # fmt: skip
        defaults: dict[str, object] = {
            "ansible_winrm_scheme": "https", "ansible_winrm_transport": "ntlm",
            "ansible_winrm_ca_trust_path": str(self.ca.certificate), "ansible_psrp_ca_cert": str(self.ca.certificate),
        }  # fmt: skip
        given = {"ansible_password": password} if password else {}
        return InventoryHost(
            name="win01", address="127.0.0.1", port=port, user=user, connection=connection, os="windows",
            vars=defaults | variables, passwords=given if passwords is None else passwords,
        )  # fmt: skip

    def ask(self, endpoint: Endpoint | int, settings: Settings | None = None, **host: Any) -> dict[str, Check]:
        port = endpoint if isinstance(endpoint, int) else endpoint.port
        told: list[Check] = []
        checks = check_host(self.host(port, **host), settings or Settings(timeout=60), told.append)
        assert told == checks
        assert [check.check for check in checks] == list(CHECKS)
        return {check.check: check for check in checks}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.stop()


def states(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.code or check.state for name, check in checks.items()}


def stops_at(checks: dict[str, Check], name: str, code: str) -> Check:
    """`name` failed with `code`, what came before is well, and nothing after it was asked."""
    names = list(checks)
    at = names.index(name)
    assert states(checks)[name] == code
    assert checks[name].state == "failed"
    assert checks[name].why
    assert checks[name].do
    assert all(checks[before].state == "ok" for before in names[:at])
    assert all(checks[after].state == "skipped" for after in names[at + 1 :])
    return checks[name]


def test_all_is_well(office: Office) -> None:
    checks = office.ask(office.start())
    assert set(states(checks).values()) == {"ok"}, checks
    assert "smartfleet lab CA" in checks["tls"].message
    assert checks["auth"].message == ".\\admin, ntlm"
    assert checks["rights"].message == "win01\\admin, administrator"


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ({"basic": True}, {"ansible_winrm_transport": "basic"}),
        ({}, {"connection": "psrp"}),
        ({}, {"connection": "psrp", "ansible_psrp_auth": "ntlm", "ansible_psrp_protocol": "https"}),
        ({}, {"ansible_winrm_message_encryption": "always"}),
        ({}, {"passwords": {"ansible_winrm_password": PASSWORD, "ansible_password": "falsch"}}),
    ],
)
def test_ways_to_sign_in(office: Office, service: dict[str, Any], host: dict[str, Any]) -> None:
    checks = office.ask(office.start(**service), **host)
    assert {check.state for check in checks.values()} == {"ok"}, checks


def test_http_with_sealed_messages(office: Office) -> None:
    checks = office.ask(office.start(tls=False), ansible_winrm_scheme="http")
    assert states(checks)["tls"] == "connect/skipped"
    assert checks["restart"].state == "ok"


def test_certificate(office: Office) -> None:
    endpoint = office.start(certificate=True)
    pair = office.ca.client("admin", "admin@localhost")
    way: dict[str, Any] = {
        "ansible_winrm_transport": "certificate",
        "ansible_winrm_cert_pem": str(pair.certificate),
        "ansible_winrm_cert_key_pem": str(pair.key),
    }
    assert set(states(office.ask(endpoint, password="", user=None, **way)).values()) == {"ok"}
    stranger = office.ca.client("stranger", "stranger@localhost")
    way["ansible_winrm_cert_pem"], way["ansible_winrm_cert_key_pem"] = str(stranger.certificate), str(stranger.key)
    stops_at(office.ask(endpoint, password="", **way), "auth", "connect/certificate-mapping")
    way["ansible_winrm_cert_key_pem"] = str(pair.key)
    stops_at(office.ask(endpoint, password="", **way), "auth", "connect/client-certificate")
    way["ansible_winrm_cert_key_pem"] = str(office.folder / "gone")
    stops_at(office.ask(endpoint, password="", **way), "auth", "connect/client-certificate")


@pytest.mark.parametrize(("service", "way"), [({}, "ntlm"), ({"basic": True}, "basic")])
def test_wrong_password_is_tried_once(office: Office, service: dict[str, Any], way: str) -> None:
    endpoint = office.start(**service)
    checks = office.ask(endpoint, password="falsch", ansible_winrm_transport=way)
    refused = stops_at(checks, "auth", "connect/login-refused")
    assert "4625" in refused.do
    assert "Get-LocalUser 'admin'" in refused.do
    assert "falsch" not in str(checks)
    assert endpoint.counters.refused_logins == 1


def test_a_refused_password_is_not_tried_at_the_next_host(office: Office) -> None:
    first, second = office.start(), office.start()
    settings = Settings(timeout=60)
    stops_at(office.ask(first, settings, user="CORP\\admin", password="falsch"), "auth", "connect/login-refused")
    known = stops_at(
        office.ask(second, settings, user="CORP\\admin", password="falsch"), "auth", "connect/auth-known-bad"
    )
    assert "win01 refused this password" in known.message
    assert second.counters.refused_logins == 0
    assert office.ask(second, settings, user="CORP\\admin")["shell"].state == "ok"


def test_machines_own_accounts_are_tried_everywhere(office: Office) -> None:
    settings = Settings(timeout=60)
    endpoint = office.start()
    stops_at(office.ask(endpoint, settings, user="CORP\\admin", password="falsch"), "auth", "connect/login-refused")
    stops_at(office.ask(endpoint, settings, user=".\\admin", password="falsch"), "auth", "connect/login-refused")


@pytest.mark.parametrize(
    ("host", "code", "words"),
    [
        ({"password": ""}, "connect/auth-no-password", "encrypt_string"),
        ({"passwords": {"ansible_psrp_password": PASSWORD}}, "connect/auth-no-password", "encrypt_string"),
        ({"user": None}, "connect/auth-no-user", "ansible_user"),
        ({"ansible_winrm_transport": "basic"}, "connect/auth-method", "ntlm or kerberos"),
        ({"ansible_winrm_transport": "credssp"}, "connect/auth-package", "pywinrm[credssp]"),
    ],
)
def test_what_is_said_before_a_password_is_tried(office: Office, host: dict[str, Any], code: str, words: str) -> None:
    endpoint = office.start()
    assert words in stops_at(office.ask(endpoint, **host), "auth", code).do
    assert endpoint.counters.refused_logins == 0


def test_a_password_that_a_template_computes_is_left_to_the_run(office: Office) -> None:
    checks = office.ask(office.start(), password="{{ lookup('env', 'X') }}")
    assert states(checks)["auth"] == "connect/skipped"
    assert "template" in checks["auth"].message


@pytest.mark.parametrize(
    ("options", "host", "code"),
    [
        ({"expired": True}, {}, "connect/certificate-expired"),
        ({"names": ("win01.example.com",)}, {}, "connect/certificate-name"),
        ({}, {"ansible_winrm_ca_trust_path": None}, "connect/certificate-issuer"),
        ({}, {"ansible_winrm_ca_trust_path": "no/such.pem"}, "connect/certificate-trust-file"),
        ({"tls": False}, {}, "connect/winrm-no-tls"),
    ],
)
def test_certificates(office: Office, options: dict[str, Any], host: dict[str, Any], code: str) -> None:
    stops_at(office.ask(office.start(**options), **host), "tls", code)


def test_a_relative_trust_file_is_meant_from_the_fleet_folder(office: Office) -> None:
    settings = Settings(timeout=60, folder=office.folder)
    checks = office.ask(office.start(), settings, ansible_winrm_ca_trust_path="ca/ca.pem")
    assert checks["shell"].state == "ok"


@pytest.mark.parametrize(
    "host",
    [
        {"ansible_winrm_server_cert_validation": "ignore"},
        {"connection": "psrp", "ansible_psrp_cert_validation": "ignore"},
    ],
)
def test_switched_off_checks_are_told(office: Office, host: dict[str, Any]) -> None:
    checks = office.ask(office.start(expired=True), **host)
    assert states(checks)["tls"] == "connect/certificate-unchecked"
    assert f"ansible_{host.get('connection', 'winrm')}_" in checks["tls"].message
    assert checks["shell"].state == "ok"


def test_https_is_asked_of_a_plain_port(office: Office) -> None:
    endpoint = office.start()
    checks = office.ask(endpoint, ansible_winrm_scheme="http")
    stops_at({name: check for name, check in checks.items() if name != "tls"}, "winrm", "connect/not-winrm")


def test_nothing_listens(office: Office) -> None:
    assert "winrm quickconfig" in stops_at(office.ask(free_port()), "tcp", "connect/tcp-refused").do


def test_the_other_port_answers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartfleet.connect.windows.host.HTTPS", office.start().port)
    refused = stops_at(office.ask(free_port()), "tcp", "connect/tcp-refused")
    assert "but port" in refused.message
    assert "ansible_port: " in refused.do


@pytest.mark.parametrize("tls", [True, False])
def test_something_else_has_the_port(office: Office, tls: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    context = office.ca.tls(office.ca.server("other", ["127.0.0.1"])) if tls else None
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_answer_404, args=(listening, context), daemon=True).start()
        scheme = "https" if tls else "http"
        checks = office.ask(listening.getsockname()[1], ansible_winrm_scheme=scheme)
    assert states(checks)["winrm"] == "connect/not-winrm"


def _answer_404(listening: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True) if context else connection as spoken:
                if spoken.recv(65536):
                    spoken.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except ssl.SSLError:
            continue
        except OSError:
            return


def test_unencrypted_messages_are_told_and_not_taken(office: Office) -> None:
    endpoint = office.start(tls=False, basic=True)
    checks = office.ask(endpoint, ansible_winrm_scheme="http", ansible_winrm_transport="basic")
    assert states(checks)["tls"] == "connect/winrm-unencrypted"
    assert checks["tls"].state == "warning"
    assert states(checks)["auth"] == "connect/winrm-unencrypted"
    assert checks["auth"].state == "failed"


@pytest.mark.parametrize(
    ("user", "code", "words"),
    [
        ("CORP\\worker", "connect/not-administrator", "Add-LocalGroupMember"),
        (".\\worker", "connect/uac-filtered", "LocalAccountTokenFilterPolicy"),
        ("worker", "connect/uac-filtered", "LocalAccountTokenFilterPolicy"),
    ],
)
def test_not_an_administrator(office: Office, user: str, code: str, words: str) -> None:
    checks = office.ask(office.start(), user=user, password="Geheim-2")
    assert words in stops_at(checks, "shell", code).do


def test_quota(office: Office) -> None:
    endpoint = office.start()
    endpoint.faults.max_shells = 0
    assert "MaxShellsPerUser" in stops_at(office.ask(endpoint), "shell", "connect/quota-exceeded").do


def test_a_profile_that_is_being_unloaded(office: Office) -> None:
    endpoint = office.start()
    endpoint.faults.deleted_keys = 1
    stops_at(office.ask(endpoint), "shell", "connect/winrm-fault")


def test_a_connection_that_drops(office: Office) -> None:
    endpoint = office.start()
    endpoint.faults.drop_at = 4
    stops_at(office.ask(endpoint), "auth", "connect/winrm-dropped")


def test_a_script_that_needs_several_answers(office: Office) -> None:
    endpoint = office.start()
    endpoint.faults.receive_limit = 0.01
    assert office.ask(endpoint)["restart"].state == "ok"


@pytest.mark.parametrize(
    "said", [Output("", "powershell is blocked by your administrator", 1), Output("hello\r\n"), Output('{"a": 1}')]
)
def test_a_host_that_does_not_run_powershell(office: Office, said: Output) -> None:
    stops_at(office.ask(office.start(DoctorMachine(said=said))), "shell", "connect/no-powershell")


def test_text_from_the_host_cannot_reach_the_terminal(office: Office) -> None:
    checks = office.ask(office.start(DoctorMachine({"user": "win01\\\x1b[2Jadmin", "language_mode": "\x1b]0;x"})))
    assert "\x1b" not in str([check.message + check.do for check in checks.values()])


def test_what_the_look_shows_is_judged_one_by_one(office: Office) -> None:
    machine = DoctorMachine({"elevated": False, "disk_free": 10**6, "time": 1_600_000_000, "restart_pending": True})
    checks = office.ask(office.start(machine))
    assert {name: code for name, code in states(checks).items() if code != "ok"} == {
        "rights": "connect/uac-filtered",
        "disk": "connect/disk-full",
        "clock": "connect/clock-skew",
        "restart": "connect/restart-pending",
    }


def test_kerberos_without_its_packages(office: Office) -> None:
    checks = office.ask(office.start(), user="admin@CORP.EXAMPLE", ansible_winrm_transport="kerberos")
    assert "smartfleet[kerberos]" in stops_at(checks, "auth", "connect/auth-package").do


def test_kerberos_with_a_password_asks_kinit_once_for_all_hosts(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ticket's way alone: what GSSAPI makes of it needs a domain."""
    monkeypatch.setattr("smartfleet.connect.windows.kerberos.missing_packages", lambda _route: [])
    kinit = tmp_path / "kinit"
    kinit.write_text(
        f"#!/bin/sh\necho $1 >> {tmp_path}/asked\nread p\n"
        f'[ "$p" = {PASSWORD} ] || {{ echo "kinit: Preauthentication failed" >&2; exit 1; }}\n'
    )
    kinit.chmod(0o755)
    host = {
        "user": "admin@CORP.EXAMPLE",
        "ansible_winrm_transport": "kerberos",
        "ansible_winrm_kinit_cmd": str(kinit),
    }
    settings = Settings(timeout=60)
    endpoints = office.start(), office.start()
    stops_at(office.ask(endpoints[0], settings, password="falsch", **host), "auth", "connect/kerberos-password")
    stops_at(office.ask(endpoints[1], settings, password="falsch", **host), "auth", "connect/auth-known-bad")
    for endpoint in endpoints:
        # pykerberos is not there: with it, the ticket would be shown to the host now
        stops_at(office.ask(endpoint, settings, **host), "auth", "connect/kerberos-failed")
    settings.tickets.close()
    assert (tmp_path / "asked").read_text().splitlines() == ["admin@CORP.EXAMPLE"] * 2


def test_options_that_cannot_be(office: Office) -> None:
    checks = office.ask(office.start(), ansible_winrm_read_timeout_sec=20, ansible_winrm_operation_timeout_sec=20)
    assert "must exceed" in stops_at(checks, "dns", "connect/options").message


def test_timeouts_that_are_close_are_told(office: Office) -> None:
    checks = office.ask(office.start(), ansible_winrm_read_timeout_sec=25)
    assert states(checks)["winrm"] == "connect/winrm-timeouts"
    assert checks["restart"].state == "ok"


def test_a_proxy_of_the_environment_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    checks = office.ask(office.start())
    assert states(checks)["tcp"] == "connect/winrm-proxy"
    assert checks["restart"].state == "ok"


@pytest.mark.parametrize("present", [True, False])
def test_the_command_on_a_fleet_with_windows_hosts(
    office: Office,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    present: bool,
) -> None:
    (tmp_path / "inventory").mkdir()
    hosts = {
        "win01": {"ansible_host": "{{ 'localhost' }}", "ansible_port": office.start(names=("localhost",)).port},
        "win02": {"ansible_host": "127.0.0.1", "ansible_port": free_port(), "ansible_connection": "psrp"},
    }
    shared = {
        "ansible_connection": "winrm",
        "ansible_user": ".\\admin",
        "ansible_password": PASSWORD,
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_ca_trust_path": "{{ inventory_dir }}/../ca.pem",
    }
    (tmp_path / "inventory/hosts.yml").write_text(json.dumps({"windows": {"hosts": hosts, "vars": shared}}))
    (tmp_path / "ca.pem").write_bytes(office.ca.certificate.read_bytes())
    msi = {"msi": "https://files.test/Nextcloud.msi", "sha256": "0" * 64, "version": "3.16.7", "state": "latest"}
    settings = {"servers": {"old": ["http://127.0.0.1:9"], "new": "http://127.0.0.1:10"}, "install": {"windows": msi}}
    (tmp_path / "smartfleet.yml").write_text(json.dumps(settings))
    if not present:
        monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path))
        monkeypatch.setenv("ANSIBLE_COLLECTIONS_SCAN_SYS_PATH", "False")

    with pytest.raises(SystemExit) as caught:
        main(["doctor", "--fleet", str(tmp_path), "--format", "json", "--timeout", "60"])
    told = capsys.readouterr()
    assert caught.value.code == 5, "the servers of this fleet do not answer"
    assert PASSWORD not in told.out + told.err
    document = json.loads(told.out)
    jsonschema.validate(document, json.loads((SCHEMAS / "smartfleet.doctor-1.json").read_text("utf-8")))
    checks = {(check["target"], check["check"]): check["code"] or check["state"] for check in document["checks"]}
    assert checks["this machine", "collection"] == ("ok" if present else "connect/no-ansible-windows")
    assert {checks["win01", name] for name in CHECKS} == {"ok"}
    assert checks["win02", "tcp"] == "connect/tcp-refused"
