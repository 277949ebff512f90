"""Windows machines that are in the way, all in one fleet, over real WinRM: each is told with code, reason and remedy.

One audit, one plan and one apply; what can be mended is mended then, and applied again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.lab.fleet_folder import Installer, write_fleet
from smartfleet.lab.host import secret_name
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.attributes import DIRECTORY, READ_ONLY, REPARSE_POINT
from smartfleet.lab.windows.clients import environment
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from smartfleet.lab.windows.machine import SHELL_FOLDERS
from smartfleet.lab.windows.plays.look import RESTART
from smartfleet.lab.windows.products import EXE, product
from tests.called import document
from tests.integration.playing import synced

pytestmark = pytest.mark.once

LONG = "/".join(["ein recht langer Name eines Ordners, wie ihn niemand tippt"] * 6) + "/Datei.txt"
OUTCOMES = {
    "plain": ("moved", ""),
    "encoding": ("refused", "config-broken"),
    "junction": ("refused", "folder-link"),
    "junction-config": ("refused", "config-link"),
    "onedrive": ("refused", "config-link"),
    "long-path": ("moved", ""),
    "read-only": ("refused", "no-permission"),
    "held-open": ("failed", "file-in-use"),
    "no-credential": ("waiting-sign-in", "secret-missing"),
    "unreadable": ("failed", "keyring-refused"),
    "stubborn": ("failed", "client-will-not-stop"),
    "locked": ("refused", "lock-held"),
    "msi-hash": ("failed", "install-hash-differs"),
    "msi-fatal": ("failed", "install-failed"),
    "msi-busy": ("moved", ""),
    "msi-restart": ("moved", ""),
}
OLD_CLIENT, NEW_CLIENT = "3.7.3", "3.16.7"
MENDED = ("held-open", "locked", "msi-fatal", "stubborn")


@dataclass
class Office:
    """The fleet, what its commands said, and what stood in everybody's settings before and after the first try."""

    lab: Lab
    folder: Path
    hosts: dict[str, WindowsLabHost]
    users: dict[str, WindowsUser] = field(default_factory=dict)
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)

    def run(self, title: str, *words: str) -> None:
        """A command, and its JSON under `title`."""
        self.documents[title] = document(self.folder, *words)

    def outcome(self, title: str, host: str) -> dict[str, Any]:
        (found,) = [one for one in self.documents[title]["outcomes"] if one["host"] == host]
        outcome: dict[str, Any] = found
        return outcome


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    hosts = {name: _host(lab, name) for name in [*OUTCOMES, "gone", "dropped"]}
    url, sha256 = lab.offer_msi(NEW_CLIENT)
    installer = Installer(url, sha256, NEW_CLIENT)
    folder = write_fleet(lab, hosts.values(), folder=tmp_path_factory.mktemp("office") / "fleet", installer=installer)
    variables = folder / "inventory/group_vars/all.yml"
    times = {"stop_seconds": 2, "install_delay": 1, "install_tries": 4}
    variables.write_text(yaml.safe_dump({f"smartfleet_{name}": value for name, value in times.items()}))
    made = Office(lab, folder, hosts)
    try:
        _populate(made)
        _go(made)
        yield made
    finally:
        for host in hosts.values():
            host.remove()


def _host(lab: Lab, name: str) -> WindowsLabHost:
    old = name.startswith("msi-")
    return lab.add_windows_host(f"bad-{name}", version=OLD_CLIENT if old else NEW_CLIENT, qt=5 if old else 6)


def _populate(office: Office) -> None:
    for name, host in office.hosts.items():
        user = synced(office.lab, host, f"eva-{name}", qt=5 if name.startswith("msi-") else 6)
        office.users[name] = user
        spoil = SPOILT.get(name)
        if spoil is not None:
            spoil(user)
        office.before[name] = user.config.read_bytes() if user.config.exists() else b""
    office.hosts["dropped"].set_winrm_faults(drop_during={"module": "win_account_move", "deaf": 4.0})


def _go(office: Office) -> None:
    plan, alone = (str(office.folder.parent / name) for name in ("plan.json", "alone.json"))
    office.run("audit", "audit")
    office.run("plan", "plan", "--out", plan)
    office.run("plan alone", "plan", "--out", alone, "--limit", "bad-dropped")
    with ExitStack() as stack:
        stack.enter_context(_held_open(office.users["held-open"].config))
        stack.enter_context(_stubborn(office.users["stubborn"]))
        with host_lock(str(office.hosts["locked"].machine.root), "the other admin") as lock:
            lock.reserve(60)
        office.run("apply", "apply", plan, "--yes")
    office.after = {name: user.config.read_bytes() for name, user in office.users.items() if user.config.exists()}
    office.run("dropped", "apply", alone, "--yes")
    (office.hosts["locked"].machine.root / "var/lib/smartfleet/lock").write_bytes(b"")
    office.hosts["msi-fatal"].set_faults(msi_exit=0)
    mended = ",".join(f"bad-{name}" for name in MENDED)
    office.run("audit again", "audit", "--limit", mended)
    office.run("plan again", "plan", "--out", plan, "--limit", mended)
    office.run("again", "apply", plan, "--yes")


@contextmanager
def _held_open(file: Path) -> Iterator[None]:
    """As a program that lets nobody else write."""
    with file.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def _stubborn(user: WindowsUser) -> Iterator[None]:
    """A client that hears nothing."""
    machine = user.host.machine
    program = str(machine.drive.real(EXE))
    code = "print('up', flush=True); import signal; signal.pause()"
    with subprocess.Popen(
        [program, "-c", code],
        executable=sys.executable,
        env=environment(machine, user.name),
        stdout=subprocess.PIPE,
    ) as client:
        assert client.stdout
        assert client.stdout.readline() == b"up\n"
        (machine.clients / str(client.pid)).touch()
        yield
        client.kill()


def _quit(user: WindowsUser) -> None:
    """Its client shall not write its settings anew when it is stopped."""
    user.quit_client()


def _wrong_encoding(user: WindowsUser) -> None:
    user.quit_client()
    user.config.write_bytes(user.config.read_bytes().decode().encode("utf-16"))


def _junction(user: WindowsUser) -> None:
    user.quit_client()
    shutil.move(user.home / "Nextcloud", user.home / "Elsewhere")
    (user.home / "Nextcloud").symlink_to(user.home / "Elsewhere")


def _junction_config(user: WindowsUser) -> None:
    user.quit_client()
    folder = user.config.parent
    folder.rename(folder.with_name("Elsewhere"))
    folder.symlink_to(folder.with_name("Elsewhere"))


def _onedrive(user: WindowsUser) -> None:
    """The roaming folder is where OneDrive keeps what the user has elsewhere, too."""
    user.quit_client()
    machine = user.host.machine
    home = machine.profile(user.name).home
    cloud = rf"{home}\OneDrive - Firma"
    machine.drive.real(cloud).mkdir()
    shutil.move(user.home / "AppData/Roaming", machine.drive.real(cloud) / "Roaming")
    sid = machine.profile(user.name).sid
    machine.registry.put(rf"HKU\{sid}\{SHELL_FOLDERS}", "AppData", rf"{cloud}\Roaming", "REG_EXPAND_SZ")
    machine.attributes.put(machine.drive.real(cloud), DIRECTORY | REPARSE_POINT)
    user.config = machine.drive.real(cloud) / "Roaming/Nextcloud/nextcloud.cfg"


def _read_only(user: WindowsUser) -> None:
    user.host.machine.attributes.put(user.config, READ_ONLY)


def _long_path(user: WindowsUser) -> None:
    user.write(f"Nextcloud/{LONG}", b"far down")
    user.wait_synced("Nextcloud")
    user.quit_client()


def _no_credential(user: WindowsUser) -> None:
    user.forget_secret(_key(user))


def _unreadable(user: WindowsUser) -> None:
    with user.host.machine.credentials.changing() as content:
        content[user.name][_key(user)] = None


def _gone(user: WindowsUser) -> None:
    user.log_off()
    shutil.rmtree(user.home)


def _msi_hash(user: WindowsUser) -> None:
    user.host.set_faults(msi_altered=True)


def _msi_fatal(user: WindowsUser) -> None:
    user.host.set_faults(msi_exit=1603)


def _msi_busy(user: WindowsUser) -> None:
    user.host.set_faults(msi_busy=2)


def _msi_restart(user: WindowsUser) -> None:
    user.host.set_faults(msi_exit=3010)


def _key(user: WindowsUser) -> str:
    return "Nextcloud_" + secret_name(user.name, user.host.lab.old_url, 0)


SPOILT: dict[str, Callable[[WindowsUser], None]] = {
    "encoding": _wrong_encoding,
    "junction": _junction,
    "junction-config": _junction_config,
    "onedrive": _onedrive,
    "read-only": _read_only,
    "long-path": _long_path,
    "held-open": _quit,
    "stubborn": _quit,
    "no-credential": _no_credential,
    "unreadable": _unreadable,
    "gone": _gone,
    "msi-hash": _msi_hash,
    "msi-fatal": _msi_fatal,
    "msi-busy": _msi_busy,
    "msi-restart": _msi_restart,
}


@pytest.mark.parametrize(("host", "expected"), OUTCOMES.items())
def test_each_is_told(office: Office, host: str, expected: tuple[str, str]) -> None:
    outcome = office.outcome("apply", f"bad-{host}")
    assert (outcome["outcome"], outcome["code"]) == expected, outcome
    if expected[0] != "moved":
        assert outcome["message"]
        assert outcome["do"]
        assert office.after[host] == office.before[host] or _restarted(office, host)


def test_a_read_only_file_is_found_before_the_client_is_stopped(office: Office) -> None:
    outcome = office.outcome("apply", "bad-read-only")
    assert outcome["message"].endswith(r"\nextcloud.cfg is marked read-only")
    assert [(step["step"], step["state"]) for step in outcome["steps"] if step["state"] != "begin"] == [
        ("check", "failed")
    ]


def _restarted(office: Office, host: str) -> bool:
    """A client that was started again notes what the server says; the account is the old one still."""
    data = office.after[host]
    return office.lab.old_url.encode() in data and office.lab.new_url.encode() not in data


def test_a_profile_whose_folder_is_gone_is_named(office: Office) -> None:
    (host,) = [one for one in office.documents["audit"]["hosts"] if one["host"] == "bad-gone"]
    assert host["profiles"] == []
    assert "profile-gone" in json.dumps(host)


def test_the_long_path_was_synced_and_kept(office: Office) -> None:
    user = office.users["long-path"]
    assert len(os.fspath(user.home / "Nextcloud" / LONG)) > 260
    assert (user.home / "Nextcloud" / LONG).read_bytes() == b"far down"
    assert LONG in office.lab.files(user.name)


def test_what_was_mended_is_moved_the_next_time(office: Office) -> None:
    for name in MENDED:
        outcome = office.outcome("again", f"bad-{name}")
        assert outcome["outcome"] == "moved", outcome


def test_a_connection_that_drops_in_the_middle(office: Office) -> None:
    first = office.outcome("apply", "bad-dropped")
    assert first["outcome"] not in ("moved", "already"), first
    assert office.outcome("dropped", "bad-dropped")["outcome"] in ("moved", "already")
    user = office.users["dropped"]
    user.wait_synced("Nextcloud")
    assert office.lab.new_url.encode() in user.config.read_bytes()


def test_installations(office: Office) -> None:
    versions = {name: (product(office.hosts[name].machine.registry) or ("", ""))[1] for name in office.hosts}
    assert {name: version for name, version in versions.items() if name.startswith("msi-")} == {
        "msi-hash": OLD_CLIENT,
        "msi-fatal": NEW_CLIENT,
        "msi-busy": NEW_CLIENT,
        "msi-restart": NEW_CLIENT,
    }
    assert office.outcome("apply", "bad-msi-restart")["restart_pending"]
    assert office.hosts["msi-restart"].machine.registry.exists(RESTART)


def test_the_password_stands_nowhere(office: Office) -> None:
    """In the files of the fleet, its inventory aside, where the admin has written it."""
    secret = office.lab.layout.windows_password.read_bytes()
    inventory = office.folder / "inventory"
    files = [path for path in office.folder.parent.rglob("*") if path.is_file() and not path.is_relative_to(inventory)]
    assert files
    for path in files:
        assert secret not in path.read_bytes(), path
