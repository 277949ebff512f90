"""What the doctor makes of Windows hosts' answers, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import certifi
import pytest
import requests
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from smartfleet.connect.ladder import Answer, Stop
from smartfleet.connect.look import Look
from smartfleet.connect.tls import refused
from smartfleet.connect.windows import identify, judge, kerberos, tls
from smartfleet.connect.windows.faults import judge_fault
from smartfleet.connect.windows.refusal import judge_error
from smartfleet.connect.windows.route import Route, resolve, with_files_from
from tests.unit.builders import cases
from tests.unit.test_connect_judgements import NOW, certificate

CERTIFICATE = {"ansible_winrm_cert_pem": "/c", "ansible_winrm_cert_key_pem": "/k"}


@dataclass(frozen=True)
class Host:
    name: str = "pc1"
    address: str = "pc1.corp.example"
    port: int | None = None
    user: str | None = "eva@CORP.EXAMPLE"
    connection: str = "winrm"
    os: str = "windows"
    vars: Mapping[str, object] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=lambda: {"ansible_password": "geheim"})


def route(user: str | None = "eva@CORP.EXAMPLE", connection: str = "winrm", **variables: Any) -> Route:
    return resolve(Host(user=user, connection=connection, vars=variables))


class TestRoute:
    def test_defaults_are_those_of_ansible(self) -> None:
        winrm = route()
        assert (winrm.endpoint, winrm.method, winrm.checked, winrm.managed) == (
            "https://pc1.corp.example:5986/wsman", "kerberos", True, True,
        )  # fmt: skip
        assert (winrm.operation_timeout, winrm.read_timeout, winrm.service) == (20, 30, "HTTP")
        psrp = route(connection="psrp")
        assert (psrp.endpoint, psrp.method) == (winrm.endpoint, "ntlm")

    @pytest.mark.parametrize(("core", "service"), [("2.19.14", "WSMAN"), ("2.20.1", "WSMAN"), ("2.21.0rc1", "host")])
    def test_psrp_asks_for_the_service_of_its_version(
        self, core: str, service: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("smartfleet.connect.windows.route.version", lambda _name: core)
        assert route(connection="psrp").service == service

    @pytest.mark.parametrize(
        ("user", "variables", "method"),
        [
            ("eva", {}, "basic"),
            (".\\eva", {"ansible_winrm_transport": "ntlm"}, "ntlm"),
            ("eva", {"ansible_winrm_transport": ["credssp", "ntlm"]}, "credssp"),
            ("eva", {"ansible_winrm_transport": "kerberos,ntlm"}, "kerberos"),
            ("eva", {"ansible_winrm_transport": "plaintext"}, "basic"),
            ("eva", {"ansible_winrm_transport": "ssl"}, "basic"),
            (None, {"ansible_winrm_transport": "ssl", **CERTIFICATE}, "certificate"),
        ],
    )  # fmt: skip
    def test_transports(self, user: str | None, variables: dict[str, Any], method: str) -> None:
        assert route(user, **variables).method == method

    @pytest.mark.parametrize(
        ("port", "variables", "endpoint"),
        [
            (None, {}, "https://pc1.corp.example:5986/wsman"),
            (5985, {}, "http://pc1.corp.example:5985/wsman"),
            (8443, {}, "https://pc1.corp.example:8443/wsman"),
            (None, {"ansible_winrm_port": "5985", "ansible_winrm_path": "/my/wsman"},
             "http://pc1.corp.example:5985/my/wsman"),
        ],
    )  # fmt: skip
    def test_ports_and_schemes(self, port: int | None, variables: dict[str, Any], endpoint: str) -> None:
        assert resolve(Host(port=port, vars=variables)).endpoint == endpoint

    def test_psrp_takes_http_where_only_that_is_named(self) -> None:
        assert route(connection="psrp", ansible_psrp_protocol="http").endpoint == "http://pc1.corp.example:5985/wsman"

    def test_an_ipv6_address_stands_in_brackets(self) -> None:
        assert resolve(Host(address="fe80::1")).endpoint == "https://[fe80::1]:5986/wsman"

    def test_psrp_negotiates_kerberos_where_it_can(self) -> None:
        assert resolve(Host(connection="psrp"), kerberos_at_hand=True).method == "kerberos"
        assert resolve(Host(connection="psrp", user=".\\eva"), kerberos_at_hand=True).method == "ntlm"

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            ({"ansible_winrm_transport": "telepathy"}, "is none of"),
            ({"ansible_winrm_scheme": "ftp"}, "http or https"),
            ({"ansible_winrm_transport": "ssl", "ansible_winrm_scheme": "http"}, "https alone"),
            ({"ansible_winrm_transport": "certificate"}, "ansible_winrm_cert_pem"),
            ({"ansible_winrm_transport": "certificate", "ansible_winrm_scheme": "http"}, "https alone"),
            ({"ansible_winrm_operation_timeout_sec": 30}, "must exceed"),
            ({"ansible_winrm_read_timeout_sec": "soon"}, "no number"),
        ],
    )
    def test_what_has_no_meaning_is_an_error(self, variables: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            route(**variables)

    def test_one_variable_sets_both_timeouts(self) -> None:
        found = route(ansible_winrm_connection_timeout=60)
        assert (found.operation_timeout, found.read_timeout) == (60, 70)

    @pytest.mark.parametrize(
        ("user", "account", "domain", "local"),
        [
            ("eva", "eva", "", False),
            (".\\eva", "eva", "", True),
            ("PC1\\eva", "eva", "", True),
            ("CORP\\eva", "eva", "CORP", False),
            ("eva@CORP.EXAMPLE", "eva", "CORP.EXAMPLE", False),
        ],
    )
    def test_whose_account_it_is(self, user: str, account: str, domain: str, local: object) -> None:
        found = route(user, ansible_winrm_transport="ntlm")
        assert (found.account, found.domain, found.local) == (account, domain, local)

    @pytest.mark.parametrize(
        ("variables", "sealed"),
        [
            ({}, True),
            ({"ansible_winrm_scheme": "http"}, True),
            ({"ansible_winrm_scheme": "http", "ansible_winrm_message_encryption": "never"}, False),
            ({"ansible_winrm_scheme": "http", "ansible_winrm_transport": "basic"}, False),
        ],
    )
    def test_what_others_could_read(self, variables: dict[str, Any], sealed: object) -> None:
        assert route(**variables).sealed is sealed

    def test_the_password_does_not_show(self) -> None:
        assert route().password == "geheim"
        assert "geheim" not in repr(route())

    def test_files_are_meant_from_the_fleet_folder(self) -> None:
        found = with_files_from(route(ansible_winrm_ca_trust_path="ca.pem", ansible_winrm_cert_pem="/c.pem"), "/fleet")
        assert (found.trust_file, found.certificate, found.certificate_key) == ("/fleet/ca.pem", "/c.pem", "")


def stopped(probe: Callable[[], object]) -> Answer:
    """The answer with which it stops; "ok" if it goes through."""
    try:
        probe()
    except Stop as stop:
        return stop.answer
    return Answer()


def look(**answers: Any) -> Look:
    healthy: dict[str, Any] = {
        "schema": "smartfleet.look/1", "computer": "PC1", "user": "corp\\eva", "administrator": True, "elevated": True,
        "powershell": "5.1.19041.1", "edition": "Desktop", "language_mode": "FullLanguage",
        "machine_policy": "Undefined", "user_policy": "Undefined", "system_drive": "C:", "disk_free": 10**11,
        "time": 1_000_000, "max_shells_per_user": 30, "max_memory_per_shell_mb": 1024, "winsqlite3": True,
        "restart_pending": False,
    }  # fmt: skip
    return Look.model_validate(healthy | answers)


LOOKS: list[tuple[Callable[[Look], Answer], dict[str, Any], str, str]] = [
    (judge.rights, {}, "ok", ""),
    (judge.rights, {"administrator": False, "elevated": False}, "failed", "connect/not-administrator"),
    (judge.rights, {"elevated": False}, "failed", "connect/uac-filtered"),
    (judge.rights, {"administrator": None}, "warning", "connect/rights-unknown"),
    (judge.powershell, {}, "ok", ""),
    (judge.powershell, {"powershell": "7.4.6", "edition": "Core"}, "ok", ""),
    (judge.powershell, {"powershell": "4.0"}, "failed", "connect/powershell-old"),
    (judge.powershell, {"powershell": "5.0.10586.117"}, "failed", "connect/powershell-old"),
    (judge.powershell, {"powershell": None}, "failed", "connect/powershell-old"),
    (judge.powershell, {"powershell": "new"}, "failed", "connect/powershell-old"),
    (judge.powershell, {"language_mode": "ConstrainedLanguage"}, "failed", "connect/language-mode"),
    (judge.powershell, {"language_mode": None}, "failed", "connect/language-mode"),
    (judge.powershell, {"machine_policy": "AllSigned"}, "warning", "connect/execution-policy"),
    (judge.powershell, {"user_policy": "Restricted"}, "warning", "connect/execution-policy"),
    (judge.powershell, {"machine_policy": "RemoteSigned"}, "ok", ""),
    (judge.quota, {}, "ok", ""),
    (judge.quota, {"max_shells_per_user": 2}, "warning", "connect/quota-low"),
    (judge.quota, {"max_memory_per_shell_mb": 150}, "warning", "connect/quota-low"),
    (judge.quota, {"max_memory_per_shell_mb": 0}, "ok", ""),
    (judge.quota, {"max_memory_per_shell_mb": 2147483647}, "ok", ""),
    (judge.quota, {"max_shells_per_user": None}, "skipped", "connect/skipped"),
    (judge.sqlite, {}, "ok", ""),
    (judge.sqlite, {"winsqlite3": False}, "warning", "connect/sqlite-missing"),
    (judge.sqlite, {"winsqlite3": None}, "warning", "connect/sqlite-missing"),
    (judge.disk, {}, "ok", ""),
    (judge.disk, {"disk_free": 10**8}, "warning", "connect/disk-full"),
    (judge.disk, {"disk_free": 10**6}, "failed", "connect/disk-full"),
    (judge.disk, {"disk_free": None}, "warning", "connect/disk-unknown"),
    (judge.restart, {}, "ok", ""),
    (judge.restart, {"restart_pending": True}, "warning", "connect/restart-pending"),
    (judge.restart, {"restart_pending": None}, "ok", ""),
]


@pytest.mark.parametrize(("ask", "answers", "state", "code"), LOOKS)
def test_what_a_look_means(ask: Callable[[Look], Answer], answers: dict[str, Any], state: str, code: str) -> None:
    answer = ask(look(**answers))
    assert (answer.state, answer.code) == (state, code)
    assert bool(answer.do and answer.why) == (state in {"warning", "failed"})


@pytest.mark.parametrize(
    ("off", "doubt", "state"),
    [(0, 0.1, "ok"), (59, 0.1, "ok"), (90, 60, "ok"), (90, 1, "warning"), (-90, 1, "warning"), (-90000, 1, "failed")],
)
def test_clock(off: int, doubt: float, state: str) -> None:
    assert judge.clock(look(time=1_000_000 + off), 1_000_000.5, doubt).state == state


def test_a_clock_that_does_not_tell() -> None:
    assert judge.clock(look(time=None), 0, 0).code == "connect/clock-unknown"


KERBEROS = cases("kerberos")


@pytest.mark.parametrize("case", KERBEROS, ids=lambda case: str(case["says"])[-60:])
def test_what_kerberos_says(case: dict[str, str]) -> None:
    answer = kerberos.judge(route(), case["says"])
    assert answer.code == case["code"]
    assert answer.do
    assert "{" not in answer.do.replace("@{", "") + answer.message


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("#!/bin/sh\nread p; [ \"$p\" = geheim ] && [ \"$1\" = eva@CORP.EXAMPLE ] && touch ${KRB5CCNAME#FILE:}\n", ""),
        ("#!/bin/sh\necho 'kinit: Preauthentication failed while getting initial credentials' >&2; exit 1\n",
         "connect/kerberos-password"),
        ("#!/bin/sh\nread p; echo \"what is $p\" >&2; exit 1\n", "connect/kerberos-failed"),
        ("#!/bin/sh\nexec sleep 30\n", "connect/kerberos-kdc"),
        ("", "connect/kerberos-kinit"),
    ],
)  # fmt: skip
def test_kinit(tmp_path: Path, script: str, code: str) -> None:
    program = tmp_path / "kinit"
    if script:
        program.write_text(script)
        program.chmod(0o755)
    cache = tmp_path / "cache"
    answer = stopped(lambda: kerberos.get_ticket(route(ansible_winrm_kinit_cmd=str(program)), str(cache), 2))
    assert answer.code == code
    assert cache.exists() is not bool(code)
    assert "geheim" not in str(answer)


FAULTS = [
    ("CORP\\eva", 5, "Access is denied. ", "connect/not-administrator"),
    (".\\eva", 5, "Access is denied. ", "connect/uac-filtered"),
    ("eva", 5, "Access is denied. ", "connect/uac-filtered"),
    ("eva", 2150859173, "This user is allowed a maximum number of 30 concurrent shells", "connect/quota-exceeded"),
    ("eva", 2150859174, "a maximum number of 1500 concurrent operations", "connect/quota-exceeded"),
    ("eva", 1018, "Illegal operation attempted on a registry key", "connect/winrm-fault"),
    ("eva", 2150858843, "the shell was not found on the server", "connect/winrm-fault"),
    ("eva", None, "something new", "connect/winrm-fault"),
]


@pytest.mark.parametrize(("user", "number", "reason", "code"), FAULTS)
def test_faults(user: str, number: int | None, reason: str, code: str) -> None:
    answer = judge_fault(route(user, ansible_winrm_transport="ntlm"), number, reason)
    assert (answer.state, answer.code) == ("failed", code)
    assert answer.do


ERRORS: list[tuple[dict[str, Any], Exception, str]] = [
    ({"ansible_winrm_transport": "ntlm"}, InvalidCredentialsError("rejected"), "connect/login-refused"),
    ({"ansible_winrm_transport": "basic"}, InvalidCredentialsError("rejected"), "connect/login-refused"),
    ({"ansible_winrm_transport": "basic", "ansible_winrm_scheme": "http"}, InvalidCredentialsError("rejected"),
     "connect/winrm-unencrypted"),
    ({"ansible_winrm_transport": "ntlm", "ansible_winrm_scheme": "http", "ansible_winrm_message_encryption": "never"},
     WinRMTransportError("http", 500, ""), "connect/winrm-unencrypted"),
    ({"ansible_winrm_transport": "ntlm"}, WinRMTransportError("http", 503, ""), "connect/winrm-fault"),
    ({"ansible_winrm_transport": "certificate", **CERTIFICATE}, InvalidCredentialsError("rejected"),
     "connect/certificate-mapping"),
    ({"ansible_winrm_transport": "certificate", **CERTIFICATE}, OSError("no PEM"), "connect/client-certificate"),
    ({"ansible_winrm_transport": "kerberos"}, requests.RequestException("Ticket expired"),
     "connect/kerberos-ticket-expired"),
    ({"ansible_winrm_transport": "kerberos"}, InvalidCredentialsError("rejected"), "connect/kerberos-failed"),
    ({"ansible_winrm_transport": "kerberos"}, requests.ReadTimeout("late"), "connect/winrm-dropped"),
    ({"ansible_winrm_transport": "ntlm"}, requests.ConnectionError("reset"), "connect/winrm-dropped"),
    ({"ansible_winrm_transport": "ntlm"}, KeyError("www-authenticate"), "connect/auth-failed"),
    ({"ansible_winrm_transport": "basic"}, UnicodeEncodeError("latin-1", "\u20ac", 0, 1, "no"), "connect/auth-failed"),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "error", "code"), ERRORS)
def test_logins_that_fail(variables: dict[str, Any], error: Exception, code: str) -> None:
    answer = judge_error(route(**variables), error)
    assert (answer.state, answer.code) == ("failed", code)
    assert answer.do
    assert "20ac" not in answer.message, "no letter of a password"


def test_basic_for_a_domain_account_is_told() -> None:
    answer = judge_error(route(ansible_winrm_transport="basic"), InvalidCredentialsError("rejected"))
    assert "Basic knows the host's own accounts alone" in answer.message
    assert "Get-ADUser 'eva'" in answer.do


IDENTIFIED = "<x:IdentifyResponse><x:ProductVersion>OS: 0.0.0 Stack: 3.0</x:ProductVersion></x:IdentifyResponse>"


@pytest.mark.parametrize(
    ("status", "text", "asked", "methods", "well"),
    [
        (200, IDENTIFIED, 401, {"negotiate"}, True),
        (401, "", 401, {"negotiate", "kerberos"}, True),
        (200, "<html>", 200, set(), False),
        (401, "", 401, {"basic"}, False),
        (404, "", 404, set(), False),
    ],
)
def test_is_it_winrm(status: int, text: str, asked: int, methods: set[str], well: object) -> None:
    answer = stopped(lambda: identify.judge(route(), status, text, asked, frozenset(methods)))
    assert (answer.state == "ok") is well


@pytest.mark.parametrize(
    ("variables", "offered", "well"),
    [
        ({"ansible_winrm_transport": "ntlm"}, {"negotiate"}, True),
        ({"ansible_winrm_transport": "kerberos"}, {"kerberos"}, True),
        ({"ansible_winrm_transport": "basic"}, {"negotiate"}, False),
        ({"ansible_winrm_transport": "basic"}, {"negotiate", "basic"}, True),
        ({"ansible_winrm_transport": "credssp"}, {"negotiate"}, False),
        ({"ansible_winrm_transport": "certificate", **CERTIFICATE}, {"negotiate"}, True),
        ({"ansible_winrm_transport": "basic"}, set(), True),
    ],
)
def test_what_a_host_does_not_offer_is_not_tried(variables: dict[str, Any], offered: set[str], well: object) -> None:
    answer = stopped(lambda: identify.judge_offer(route(**variables), frozenset(offered)))
    assert answer.code == ("" if well else "connect/auth-method")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (10, "connect/certificate-expired"),
        (9, "connect/certificate-not-yet"),
        (62, "connect/certificate-name"),
        (64, "connect/certificate-name"),
        (20, "connect/certificate-issuer"),
        (23, "connect/certificate"),
    ],
)
@pytest.mark.parametrize("connection", ["winrm", "psrp"])
def test_why_a_certificate_is_refused(connection: str, number: int, code: str) -> None:
    answer = tls.judge_refusal(route(connection=connection), refused(number), "words of OpenSSL", certificate(5))
    assert answer.code == code
    assert "cloud.test" in answer.message
    assert answer.do
    if code == "connect/certificate-issuer":
        assert ("ansible_winrm_ca_trust_path" if connection == "winrm" else "ansible_psrp_ca_cert") in answer.do


@pytest.mark.parametrize(("days", "code"), [(80, ""), (14, ""), (13, "connect/certificate-ends-soon")])
def test_days_left(days: int, code: str) -> None:
    assert tls.judge_certificate(certificate(days), NOW).code == code


def test_the_trust_is_that_of_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert tls.trust_place(route()) == certifi.where()
    monkeypatch.setenv("CURL_CA_BUNDLE", "/curl.pem")
    assert tls.trust_place(route()) == "/curl.pem"
    assert tls.trust_place(route(ansible_winrm_ca_trust_path="/mine.pem")) == "/mine.pem"


def test_a_trust_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    answer = stopped(lambda: tls.trust(route(ansible_winrm_ca_trust_path=str(file))))
    assert answer.code == "connect/certificate-trust-file"
    assert "PEM" in answer.message
