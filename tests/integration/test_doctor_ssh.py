"""The doctor against SSH servers on loopback that show one fault each."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.connect.host import check_host
from smartfleet.connect.target import Settings
from smartfleet.model.doctor import Check
from tests.ports import free_port

pytestmark = pytest.mark.once

SUDOS = {
    "free": "#!/bin/sh\nexit 0\n",
    "asks": "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n",
    "takes geheim": '#!/bin/sh\nread p; [ "$p" = geheim ] || { echo "Sorry, try again." >&2; exit 1; }\n',
    "forbids": "#!/bin/sh\necho 'x is not in the sudoers file.' >&2\nexit 1\n",
}


@dataclass
class Machine:
    """One SSH server: who may log in, what its commands find on PATH."""

    folder: Path
    port: int = 0
    authorized: bool = True
    password: str = ""
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))

    def run_commands(self) -> Callable[[asyncssh.SSHServerProcess[Any]], Any]:
        async def run(process: asyncssh.SSHServerProcess[Any]) -> None:
            # as an sshd would: the user's shell gets the command; a uid that is not root, so that sudo is asked for
            environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "HOME": str(self.folder)}
            child = await asyncio.create_subprocess_exec(
                "/bin/sh", "-c", process.command or "true", env=environment,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, err = await child.communicate((await process.stdin.read()).encode())
            process.stdout.write(out.decode())
            process.stderr.write(err.decode())
            process.exit(child.returncode or 0)

        return run


class Server(asyncssh.SSHServer):
    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.machine.connections.append(conn)

    def password_auth_supported(self) -> bool:
        return bool(self.machine.password)

    def validate_password(self, username: str, password: str) -> bool:
        del username
        return password == self.machine.password


class Lan:
    """Machines in one event loop of a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "id_ed25519"
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(self.key))
        self.key.chmod(0o600)
        self.known = folder / "known_hosts"
        self.known.write_text("")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listeners: list[asyncssh.SSHAcceptor] = []
        self.machines: list[Machine] = []

    def start(self, *, known: bool = True, sudo: str = "free", **options: Any) -> Machine:
        machine = Machine(self.folder / f"machine{len(self.listeners)}", **options)
        (machine.folder / "bin").mkdir(parents=True)
        self.script(machine, "sudo", SUDOS[sudo])
        self.script(machine, "id", "#!/bin/sh\necho 1000\n")
        listener = asyncio.run_coroutine_threadsafe(self._listen(machine), self.loop).result(60)
        self.listeners.append(listener)
        self.machines.append(machine)
        machine.port = listener.get_port()
        if known:
            self.know(machine, machine.host_key)
        return machine

    async def _listen(self, machine: Machine) -> asyncssh.SSHAcceptor:
        keys = asyncssh.import_authorized_keys(
            asyncssh.read_private_key(str(self.key)).export_public_key().decode() if machine.authorized else ""
        )
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=lambda: Server(machine), server_host_keys=[machine.host_key],
            authorized_client_keys=keys, process_factory=machine.run_commands(),
        )  # fmt: skip

    def know(self, machine: Machine, key: asyncssh.SSHKey) -> None:
        public = key.export_public_key().decode().strip()
        self.known.write_text(self.known.read_text() + f"[127.0.0.1]:{machine.port} {public}\n")

    def script(self, machine: Machine, name: str, text: str) -> None:
        path = machine.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    async def _stop(self) -> None:
        for listener in self.listeners:
            listener.close()
            await listener.wait_closed()
        for connection in [one for machine in self.machines for one in machine.connections]:
            connection.abort()
            await connection.wait_closed()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self.loop).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()

    def ask(
        self, machine: Machine, *, key: Path | None = None, options: str = "",
        passwords: Mapping[str, str] | None = None,
        typed: str = "", **variables: object,
    ) -> dict[str, Check]:  # fmt: skip
        arguments = f"-o UserKnownHostsFile={self.known} -o IdentitiesOnly=yes {options}"
        host = InventoryHost(
            name="pc", address="127.0.0.1", port=machine.port, user="admin", passwords=passwords or {},
            vars={
                "ansible_ssh_private_key_file": str(key or self.key), "ansible_ssh_common_args": arguments, **variables,
            },
        )  # fmt: skip
        settings = Settings(timeout=60, ssh_config=self.folder / "no-config", become_password=typed)
        told: list[Check] = []
        checks = check_host(host, settings, told.append)
        assert told == checks
        return {check.check: check for check in checks}


@pytest.fixture
def lan(tmp_path: Path) -> Iterator[Lan]:
    lan = Lan(tmp_path)
    yield lan
    lan.stop()


def states(checks: dict[str, Check]) -> dict[str, str]:
    return {name: check.code or check.state for name, check in checks.items()}


def stops_at(checks: dict[str, Check], name: str, code: str) -> None:
    """`name` failed with `code`, what came before is well, and nothing after it was asked."""
    names = list(checks)
    at = names.index(name)
    assert checks[name].code == code
    assert checks[name].state == "failed"
    assert checks[name].why
    assert checks[name].do
    assert all(checks[before].state == "ok" for before in names[:at])
    assert all(checks[after].state == "skipped" for after in names[at + 1 :])


def test_all_is_well(lan: Lan) -> None:
    checks = lan.ask(lan.start())
    assert set(states(checks).values()) == {"ok"}, checks
    assert list(checks) == ["dns", "tcp", "banner", "host-key", "auth", "python", "become", "disk", "clock"]
    assert checks["auth"].message == f"admin, key {lan.key}"


def test_nothing_listens(lan: Lan) -> None:
    stops_at(lan.ask(Machine(lan.folder, port=free_port())), "tcp", "connect/tcp-refused")


def test_no_such_name(lan: Lan) -> None:
    host = InventoryHost(name="pc", address="no-such-host.invalid", port=22)
    checks = check_host(host, Settings(ssh_config=lan.folder / "none"), lambda _check: None)
    assert checks[0].code in {"connect/dns-unknown", "connect/dns-no-answer"}
    assert {check.state for check in checks[1:]} == {"skipped"}


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_something_else_has_the_port(lan: Lan, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            connection.sendall(answer)
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        checks = lan.ask(Machine(lan.folder, port=listening.getsockname()[1]))
        thread.join()
    stops_at(checks, "banner", "connect/not-ssh")


def test_unknown_host_key(lan: Lan) -> None:
    machine = lan.start(known=False)
    checks = lan.ask(machine)
    stops_at(checks, "host-key", "connect/host-key-unknown")
    assert f"ssh-keyscan -p {machine.port} 127.0.0.1 >> {lan.known}" in checks["host-key"].do


def test_changed_host_key_is_not_taken_for_unknown(lan: Lan) -> None:
    machine = lan.start(known=False)
    lan.know(machine, asyncssh.generate_private_key("ssh-ed25519"))
    checks = lan.ask(machine)
    stops_at(checks, "host-key", "connect/host-key-changed")
    assert machine.host_key.get_fingerprint() in checks["host-key"].message
    assert f"ssh-keygen -R '[127.0.0.1]:{machine.port}' -f {lan.known}" in checks["host-key"].do


def test_changed_host_key_where_checks_are_off(lan: Lan) -> None:
    machine = lan.start(known=False)
    lan.know(machine, asyncssh.generate_private_key("ssh-ed25519"))
    checks = lan.ask(machine, options="-o StrictHostKeyChecking=no")
    stops_at(checks, "host-key", "connect/host-key-changed")
    assert "switched off" in checks["host-key"].message


@pytest.mark.parametrize(
    ("options", "code"),
    [("-o StrictHostKeyChecking=no", "connect/host-key-unchecked"), ("-o StrictHostKeyChecking=accept-new", "ok")],
)
def test_unknown_host_key_where_ssh_would_go_on(lan: Lan, options: str, code: str) -> None:
    checks = lan.ask(lan.start(known=False), options=options)
    assert states(checks)["host-key"] == code
    assert checks["clock"].state == "ok"


def test_key_is_not_let_in(lan: Lan) -> None:
    machine = lan.start(authorized=False, password="geheim")
    checks = lan.ask(machine)
    stops_at(checks, "auth", "connect/auth-refused")
    assert "password" in checks["auth"].message
    assert checks["auth"].do == f"ssh-copy-id -p {machine.port} admin@127.0.0.1"


def test_password_from_the_inventory(lan: Lan) -> None:
    machine = lan.start(authorized=False, password="geheim")
    assert lan.ask(machine, passwords={"ansible_password": "geheim"})["auth"].message == "admin, password"
    wrong = lan.ask(machine, passwords={"ansible_password": "falsch"})
    stops_at(wrong, "auth", "connect/auth-refused")
    assert "falsch" not in str(wrong)


def test_key_file_is_missing(lan: Lan) -> None:
    stops_at(lan.ask(lan.start(), key=lan.folder / "gone"), "auth", "connect/auth-key-missing")


def test_key_file_that_others_can_read(lan: Lan) -> None:
    lan.key.chmod(0o644)
    checks = lan.ask(lan.start())
    stops_at(checks, "auth", "connect/auth-key-exposed")
    assert checks["auth"].do == f"chmod 600 {lan.key}"


def test_key_needs_its_passphrase(lan: Lan) -> None:
    locked = lan.folder / "locked"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(locked), passphrase="x")
    locked.chmod(0o600)
    stops_at(lan.ask(lan.start(), key=locked), "auth", "connect/auth-passphrase")


def test_key_file_is_none(lan: Lan) -> None:
    broken = lan.folder / "broken"
    broken.write_text("no key")
    broken.chmod(0o600)
    stops_at(lan.ask(lan.start(), key=broken), "auth", "connect/auth-key-broken")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#!/bin/sh\necho '3.8.1 /usr/bin/python3.8'\n", "connect/python-old"),
        ("#!/bin/sh\nexit 1\n", "connect/python-missing"),
        ("#!/bin/sh\necho '3.12.1 /opt/py'\n", "ok"),
    ],
)
def test_python_that_the_inventory_names(lan: Lan, text: str, code: str) -> None:
    machine = lan.start()
    lan.script(machine, "py", text)
    checks = lan.ask(machine, ansible_python_interpreter=f"{machine.folder}/bin/py")
    assert states(checks)["python"] == code
    assert checks["clock"].state == "ok", "the other checks do not need Python"


@pytest.mark.parametrize(
    ("sudo", "typed", "code"),
    [
        ("free", "", "ok"),
        ("asks", "", "connect/become-password"),
        ("takes geheim", "geheim", "ok"),
        ("takes geheim", "falsch", "connect/become-wrong-password"),
        ("forbids", "", "connect/become-not-allowed"),
    ],
)
def test_sudo(lan: Lan, sudo: str, typed: str, code: str) -> None:
    checks = lan.ask(lan.start(sudo=sudo), typed=typed)
    assert states(checks)["become"] == code
    assert checks["disk"].state == "ok"
    if code == "connect/become-password":
        assert "--ask-become-pass" in checks["become"].do
        assert "NOPASSWD" in checks["become"].do


def test_sudo_is_not_wanted(lan: Lan) -> None:
    assert states(lan.ask(lan.start(sudo="forbids"), ansible_become=False))["become"] == "connect/skipped"


def test_a_clock_of_last_year(lan: Lan) -> None:
    machine = lan.start()
    lan.script(machine, "date", "#!/bin/sh\necho 1600000000\n")
    assert states(lan.ask(machine))["clock"] == "connect/clock-skew"


def test_text_from_the_host_cannot_reach_the_terminal(lan: Lan) -> None:
    machine = lan.start(sudo="free")
    lan.script(machine, "sudo", "#!/bin/sh\nprintf 'no \\033[2J way\\n' >&2; exit 1\n")
    checks = lan.ask(machine)
    assert "\x1b" not in str([check.message for check in checks.values()])
    assert "\\x1b" in checks["become"].message


def test_through_a_proxy_command(lan: Lan) -> None:
    machine = lan.start()
    relay = lan.folder / "relay.py"
    relay.write_text(
        "import socket, sys, threading, os\n"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536): s.sendall(data)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while data := s.recv(65536): os.write(1, data)\n"
    )
    command = shlex.quote(f"ProxyCommand=python3 {relay} %h %p")
    checks = lan.ask(machine, options=f"-o {command}")
    assert states(checks)["dns"] == "connect/skipped"
    assert {check.state for check in list(checks.values())[1:]} == {"ok"}


@pytest.mark.parametrize("after", ["", "read banner; ", "exec <&-; sleep 0.3; "])
def test_a_jump_host_that_fails_says_why(lan: Lan, after: str) -> None:
    command = shlex.quote(f"ProxyCommand=sh -c '{after}echo jump host is down >&2; exit 1'")
    checks = lan.ask(lan.start(), options=f"-o {command}")
    assert checks["banner"].code == "connect/proxy-failed"
    assert "jump host is down" in checks["banner"].message


@pytest.mark.parametrize(
    ("connection", "os_name", "words"),
    [("ssh", "windows", "winrm or psrp alone"), ("local", "linux", "SSH alone")],
)
def test_hosts_without_ssh(connection: str, os_name: Any, words: str) -> None:
    host = InventoryHost(name="pc", address="127.0.0.1", connection=connection, os=os_name)
    checks = check_host(host, Settings(), lambda _check: None)
    assert {check.state for check in checks} == {"skipped"}
    assert words in checks[0].message
