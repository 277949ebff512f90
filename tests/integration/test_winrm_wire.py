"""Real Ansible and real pywinrm against emulated WinRM endpoints: every way to sign in, and every kind of trouble."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import winrm
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError, WSManFaultError

from smartfleet.lab.winrm.ca import KeyPair, LabCa
from smartfleet.lab.winrm.endpoint import Endpoint
from smartfleet.lab.winrm.faults import DropDuring
from smartfleet.lab.winrm.settings import Service
from tests.integration.winrm_machines import PASSWORD, USER, Network, TinyMachine

ENCRYPTED = {"ansible_winrm_transport": "ntlm", "ansible_winrm_scheme": "http"}
PING = "[{hosts: all, gather_facts: false, tasks: [{ansible.windows.win_ping: {}}]}]"


@dataclass
class Fleet:
    """Endpoints with the variables that Ansible needs for each."""

    folder: Path
    network: Network
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    def add(
        self,
        name: str,
        variables: dict[str, Any],
        *,
        tls: KeyPair | None = None,
        ca: LabCa | None = None,
        service: Service | None = None,
    ) -> Endpoint:
        folder = self.folder / name
        (folder / "Users/admin/AppData/Local/Temp").mkdir(parents=True)
        context = ca.tls(tls, asks_clients=service is not None and service.certificate) if ca and tls else None
        endpoint = self.network.serve(TinyMachine(name, folder), tls=context, service=service)
        common = {"ansible_connection": "winrm", "ansible_user": USER, "ansible_password": PASSWORD}
        self.hosts[name] = common | {"ansible_host": "127.0.0.1", "ansible_port": endpoint.port} | variables
        self.endpoints[name] = endpoint
        return endpoint

    def play(self, playbook: str) -> dict[str, list[dict[str, Any]]]:
        """Runs a playbook; the results of each host's tasks."""
        (self.folder / "hosts.json").write_text(json.dumps({"all": {"hosts": self.hosts}}))
        (self.folder / "play.yml").write_text(playbook)
        environment = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name}
        done = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", "-i", "hosts.json", "play.yml"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            env=environment | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_FORKS": "20"},
        )
        tasks = [task["hosts"] for play in json.loads(done.stdout)["plays"] for task in play["tasks"]]
        return {name: [task[name] for task in tasks if name in task] for name in self.hosts}


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network() as running:
        yield running


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> LabCa:
    return LabCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def fleet(tmp_path: Path, network: Network) -> Fleet:
    return Fleet(tmp_path, network)


def trusting(authority: LabCa, transport: str) -> dict[str, Any]:
    return {
        "ansible_winrm_transport": transport,
        "ansible_winrm_scheme": "https",
        "ansible_winrm_ca_trust_path": str(authority.certificate),
    }


def over_psrp(auth: str, authority: LabCa | None = None) -> dict[str, Any]:
    trusted = {"ansible_psrp_ca_cert": str(authority.certificate)} if authority else {}
    scheme = "https" if authority else "http"
    return {"ansible_connection": "psrp", "ansible_psrp_auth": auth, "ansible_psrp_protocol": scheme} | trusted


GOOD = ["ntlm-encrypted", "ntlm-https", "basic-https", "basic-open", "certificate", "domain-user", "psrp-ntlm"]
GOOD += ["psrp-negotiate", "psrp-negotiate-https", "psrp-basic-https", "psrp-certificate"]
TROUBLE = {
    "wrong-password": "the specified credentials were rejected by the server",
    "basic-is-off": "the specified credentials were rejected by the server",
    "unmapped-certificate": "the specified credentials were rejected by the server",
    "unencrypted": "Bad HTTP response returned from server. Code 500",
    "expired": "certificate has expired",
    "other-ca": "unable to get local issuer certificate",
    "other-name": "IP address mismatch",
    "denied": "Access is denied",
    "quota": "maximum number of 2 concurrent shells",
    "deleted-key": "marked for deletion",
    "switched-off": "Connection refused",
    "psrp-wrong-password": "Failed to authenticate the user admin with ntlm",
    "psrp-expired": "certificate has expired",
    "psrp-denied": "Access is denied",
    "psrp-quota": "maximum number of 0 concurrent shells",
}


@pytest.fixture(scope="module")
def pinged(tmp_path_factory: pytest.TempPathFactory, network: Network, ca: LabCa) -> dict[str, list[dict[str, Any]]]:
    """One run of win_ping on machines that differ in how they are reached, or in what is wrong with them."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), network)
    pair = ca.server("win", ["127.0.0.1", "localhost"])
    other = LabCa(fleet.folder / "other-ca")
    client, unmapped = ca.client("eva", f"{USER}@localhost"), ca.client("tom", "tom@localhost")

    def with_certificate(used: KeyPair) -> dict[str, Any]:
        files = {"ansible_winrm_cert_pem": str(used.certificate), "ansible_winrm_cert_key_pem": str(used.key)}
        return trusting(ca, "certificate") | files

    fleet.add("ntlm-encrypted", ENCRYPTED)
    fleet.add("domain-user", ENCRYPTED | {"ansible_user": f"WIN01\\{USER}"})
    fleet.add("ntlm-https", trusting(ca, "ntlm"), tls=pair, ca=ca)
    fleet.add("basic-https", trusting(ca, "basic"), tls=pair, ca=ca, service=Service(basic=True))
    plain = {"ansible_winrm_transport": "basic", "ansible_winrm_scheme": "http"}
    fleet.add("basic-open", plain, service=Service(basic=True, allow_unencrypted=True))
    fleet.add("certificate", with_certificate(client), tls=pair, ca=ca, service=Service(certificate=True))
    fleet.add("wrong-password", ENCRYPTED | {"ansible_password": "other"})
    fleet.add("basic-is-off", trusting(ca, "basic"), tls=pair, ca=ca)
    fleet.add("unmapped-certificate", with_certificate(unmapped), tls=pair, ca=ca, service=Service(certificate=True))
    fleet.add("unencrypted", ENCRYPTED | {"ansible_winrm_message_encryption": "never"})
    fleet.add("expired", trusting(ca, "ntlm"), tls=ca.server("old", ["127.0.0.1"], expired=True), ca=ca)
    fleet.add("other-ca", trusting(ca, "ntlm"), tls=other.server("win", ["127.0.0.1"]), ca=other)
    fleet.add("other-name", trusting(ca, "ntlm"), tls=ca.server("name", ["127.0.0.9"]), ca=ca)
    fleet.add("denied", ENCRYPTED).faults.deny_access = True
    leaked = fleet.add("quota", ENCRYPTED)
    leaked.faults.max_shells = 2
    for _ in range(2):
        session(leaked).protocol.open_shell()
    fleet.add("deleted-key", ENCRYPTED).faults.deleted_keys = 9
    network.run(fleet.add("switched-off", ENCRYPTED).stop_listening())
    fleet.add("psrp-ntlm", over_psrp("ntlm"))
    fleet.add("psrp-negotiate", over_psrp("negotiate"))
    fleet.add("psrp-negotiate-https", over_psrp("negotiate", ca), tls=pair, ca=ca)
    fleet.add("psrp-basic-https", over_psrp("basic", ca), tls=pair, ca=ca, service=Service(basic=True))
    files = {
        "ansible_psrp_certificate_pem": str(client.certificate),
        "ansible_psrp_certificate_key_pem": str(client.key),
    }
    mapped = over_psrp("certificate", ca) | files
    fleet.add("psrp-certificate", mapped, tls=pair, ca=ca, service=Service(certificate=True))
    fleet.add("psrp-wrong-password", over_psrp("ntlm") | {"ansible_password": "other"})
    fleet.add("psrp-expired", over_psrp("ntlm", ca), tls=ca.server("older", ["127.0.0.1"], expired=True), ca=ca)
    fleet.add("psrp-denied", over_psrp("ntlm")).faults.deny_access = True
    fleet.add("psrp-quota", over_psrp("ntlm")).faults.max_shells = 0
    return fleet.play(PING)


@pytest.mark.parametrize("name", GOOD)
def test_every_way_to_sign_in(pinged: dict[str, list[dict[str, Any]]], name: str) -> None:
    assert pinged[name][0].get("ping") == "pong", pinged[name]


@pytest.mark.parametrize(("name", "words"), TROUBLE.items())
def test_trouble_has_the_words_that_windows_causes(
    pinged: dict[str, list[dict[str, Any]]], name: str, words: str
) -> None:
    result = pinged[name][0]
    assert result.get("unreachable"), result
    assert words in result["msg"]


def test_a_host_costs_what_a_real_one_costs(fleet: Fleet) -> None:
    """Create, then Command, Sends, Receive and Signal, then Delete; three requests more to begin NTLM."""
    endpoint = fleet.add("win01", ENCRYPTED)
    results = fleet.play("[{hosts: all, tasks: [{ansible.windows.win_ping: {data: x}, check_mode: true}]}]")
    assert [one.get("failed") for one in results["win01"]] == [None, None]
    assert (results["win01"][1]["ping"], results["win01"][1]["check"]) == ("x", True)
    facts, ping = endpoint.counters.commands
    assert (facts.name, ping.name) == ("ansible.windows.setup", "ansible.windows.win_ping")
    assert ping.requests == 3 + endpoint.counters.actions["Send"] - (facts.requests - 3)
    assert 100_000 < ping.bytes_in < 500_000
    total = facts.requests + ping.requests + 2 * (2 + 3)
    assert (endpoint.counters.total.requests, endpoint.counters.refused_logins) == (total, 0)


@pytest.mark.parametrize("connection", [ENCRYPTED, over_psrp("ntlm")], ids=["winrm", "psrp"])
def test_what_is_not_emulated_fails_loudly(fleet: Fleet, connection: dict[str, Any]) -> None:
    fleet.add("win01", connection)
    results = fleet.play("""
      [{hosts: all, gather_facts: false, ignore_errors: true, tasks: [
        {ansible.windows.win_stat: {path: 'C:\\'}},
        {ansible.windows.win_ping: {data: crash}},
        {ansible.builtin.raw: 'Get-Process'},
        {ansible.builtin.raw: 'hostname'}]}]""")
    stat, crash, raw, hostname = results["win01"]
    assert stat["msg"] == "emulated host: the module ansible.windows.win_stat is not emulated"
    assert crash["msg"] == "emulated host: ansible.windows.win_ping broke: RuntimeError: boom"
    assert (raw["rc"], raw["stderr"].strip()) == (1, "emulated host: this script is not emulated")
    assert (hostname["rc"], hostname["stdout"].strip()) == (0, "WIN01")


WAIT = "[{{hosts: all, gather_facts: false, tasks: [{{ansible.windows.win_wait_for: {{timeout: {seconds}}}}}]}}]"


@pytest.mark.parametrize("connection", [ENCRYPTED, over_psrp("ntlm")], ids=["winrm", "psrp"])
def test_long_work_and_timeouts_in_between(fleet: Fleet, connection: dict[str, Any]) -> None:
    endpoint = fleet.add("win01", connection)
    endpoint.faults.receive_limit = 0.2
    endpoint.faults.send_timeouts = int(connection is ENCRYPTED)  # pypsrp gives up on it
    endpoint.faults.delay = 0.05
    result = fleet.play(WAIT.format(seconds=1.0))["win01"][0]
    assert (result.get("elapsed"), result.get("failed")) == (1.0, None), result
    assert endpoint.counters.faults >= 3


@pytest.mark.parametrize("connection", [ENCRYPTED, over_psrp("ntlm")], ids=["winrm", "psrp"])
def test_work_goes_on_when_the_connection_is_lost(fleet: Fleet, connection: dict[str, Any]) -> None:
    endpoint = fleet.add("win01", connection)
    endpoint.faults.drop_during = DropDuring("win_wait_for", deaf=3.0)
    result = fleet.play(WAIT.format(seconds=0.5))["win01"][0]
    assert result.get("failed") or result.get("unreachable"), result
    await_true((fleet.folder / "win01/waited").exists)


def test_a_client_that_comes_back_ends_the_work(network: Network, tmp_path: Path) -> None:
    """As on Windows: Signal ends the process, wherever it is."""
    endpoint = network.serve(TinyMachine("win01", tmp_path))
    protocol = session(endpoint).protocol
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "powershell", ["-EncodedCommand", encoded("Start-Sleep 60")])
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    assert 0 < endpoint.counters.commands[0].seconds < 30
    assert run_ps(endpoint, "hostname") == "WIN01"


def test_the_nth_request_is_lost(fleet: Fleet) -> None:
    endpoint = fleet.add("win01", ENCRYPTED)
    endpoint.faults.drop_at = 5
    assert "Remote end closed connection" in fleet.play(PING)["win01"][0]["msg"]
    assert fleet.play(PING)["win01"][0].get("ping") == "pong"


def session(endpoint: Endpoint, *, password: str = PASSWORD, **options: Any) -> winrm.Session:
    return winrm.Session(
        f"http://127.0.0.1:{endpoint.port}/wsman",
        (USER, password),
        **{"transport": "ntlm", "ca_trust_path": None, "proxy": None} | options,
    )


def run_ps(endpoint: Endpoint, script: str, **options: Any) -> str:
    return str(session(endpoint, **options).run_ps(script).std_out.decode().strip())


def encoded(script: str) -> str:
    return base64.b64encode(script.encode("utf-16-le")).decode()


def await_true(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def endpoint(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Endpoint:
    return network.serve(TinyMachine("win01", tmp_path_factory.mktemp("win01")), service=Service(basic=True))


@pytest.fixture(autouse=True)
def healthy(endpoint: Endpoint) -> Iterator[None]:
    yield
    endpoint.faults.heal()


def test_pywinrm_runs_a_script(endpoint: Endpoint) -> None:
    assert run_ps(endpoint, "hostname") == "WIN01"
    failed = session(endpoint).run_ps("throw 'no'")
    assert (failed.status_code, failed.std_err) == (1, b"no\nat line 1 & <more>")


def test_much_output(endpoint: Endpoint) -> None:
    endpoint.counters.reset()
    assert len(run_ps(endpoint, "'x' * 400000")) == 400_000
    assert endpoint.counters.actions["Receive"] == 4


def test_pywinrm_tells_the_faults_apart(endpoint: Endpoint) -> None:
    with pytest.raises(InvalidCredentialsError):
        run_ps(endpoint, "hostname", password="other")
    endpoint.faults.reject_logins = True
    with pytest.raises(InvalidCredentialsError):
        run_ps(endpoint, "hostname")
    endpoint.faults.heal()
    for name, value, code in (("deny_access", True, 5), ("max_shells", 0, 2150859173), ("deleted_keys", 1, 1018)):
        setattr(endpoint.faults, name, value)
        with pytest.raises(WSManFaultError) as caught:
            run_ps(endpoint, "hostname")
        assert caught.value.wsman_fault_code == code
        endpoint.faults.heal()
    with pytest.raises(WinRMTransportError) as refused:
        run_ps(endpoint, "hostname", message_encryption="never")
    assert refused.value.code == 500


def test_a_slow_answer(endpoint: Endpoint) -> None:
    endpoint.faults.delay = 2.5
    with pytest.raises(requests.exceptions.ReadTimeout):
        run_ps(endpoint, "hostname", read_timeout_sec=2, operation_timeout_sec=1)


def test_switched_off_and_on_again(endpoint: Endpoint, network: Network) -> None:
    port = endpoint.port
    network.run(endpoint.stop_listening())
    with pytest.raises(requests.exceptions.ConnectionError):
        run_ps(endpoint, "hostname")
    network.run(endpoint.listen())
    assert endpoint.port == port
    assert run_ps(endpoint, "hostname") == "WIN01"


IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>"
)


@pytest.mark.parametrize("path", ["wsman", "wsman-anon/identify"])
def test_identify_without_signing_in(endpoint: Endpoint, path: str) -> None:
    url = f"http://127.0.0.1:{endpoint.port}/{path}"
    answer = httpx.post(url, content=IDENTIFY, headers={"WSMANIDENTIFY": "unauthenticated"}, trust_env=False)
    assert answer.status_code == 200
    assert "OS: 0.0.0 SP: 0.0 Stack: 3.0" in answer.text
    assert "SecurityProfile" not in answer.text


def test_identify_after_signing_in(endpoint: Endpoint) -> None:
    answer = session(endpoint).protocol.send_message(IDENTIFY).decode()
    assert "OS: 10.0.19045 SP: 0.0 Stack: 3.0" in answer
    assert "http/basic" in answer
    assert "http/spnego-kerberos" in answer


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "wsman", "", 401),
        ("POST", "wsman", IDENTIFY, 401),
        ("GET", "wsman", "", 405),
        ("POST", "other", "", 404),
        ("POST", "wsman-anon/identify", "<a/>", 401),
    ],
)
def test_other_requests(endpoint: Endpoint, method: str, path: str, content: str, status: int) -> None:
    url = f"http://127.0.0.1:{endpoint.port}/{path}"
    assert httpx.request(method, url, content=content, trust_env=False).status_code == status


def test_a_request_that_is_too_long(endpoint: Endpoint) -> None:
    answer = httpx.post(f"http://127.0.0.1:{endpoint.port}/wsman", content=b"x" * (2 << 20), trust_env=False)
    assert answer.status_code == 413


@pytest.mark.parametrize("message", ["<a/>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a>" * 1000, "x" * 600_000])
def test_messages_that_are_none_are_faults(endpoint: Endpoint, message: str) -> None:
    with pytest.raises(WSManFaultError):
        session(endpoint).protocol.send_message(message)


@pytest.mark.parametrize("anew", [False, True], ids=["garbage", "sealed for another connection"])
def test_a_seal_that_does_not_fit(endpoint: Endpoint, *, anew: bool) -> None:
    """400, as pywinrm expects of Windows when its connection was lost in between."""
    transport = session(endpoint).protocol.transport
    transport.send_message(IDENTIFY)
    client, encryption = transport.session, transport.encryption
    assert client
    assert encryption
    sealed = encryption.prepare_encrypted_request(client, transport.endpoint, IDENTIFY.encode())
    if anew:
        client.close()
    else:
        assert isinstance(sealed.body, bytes)
        sealed.body = sealed.body.replace(b"octet-stream\r\n", b"octet-stream\r\n\x01")
        sealed.headers["Content-Length"] = str(len(sealed.body))
    assert client.send(sealed, timeout=10).status_code == 400
