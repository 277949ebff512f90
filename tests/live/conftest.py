"""Real machines for the live tests: OS users, sshd, desktops, and the lab's server under two names."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.server.cloud import Cloud, CloudUser
from smartfleet.lab.server.log import Request
from smartfleet.lab.server.running import LabServer
from tests.live.desktop import Desktop, Display, wait_for
from tests.live.sshd import Sshd
from tests.live.users import PREFIX, OsUser, add_user, remove_user, sudoers

PACKAGES = {
    "nextcloud": "nextcloud-desktop",
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus-daemon",
    "dbus-send": "dbus-bin",
    "gnome-keyring-daemon": "gnome-keyring",
    "secret-tool": "libsecret-tools",
    "sudo": "sudo",
    "ssh": "openssh-client",
}
STATE = Path("/var/lib/smartfleet")
FILES = {
    "Readme.md": b"# Welcome\n",
    "Photos/one.jpg": bytes(range(256)) * 200,
    "Photos/two.jpg": b"\xff\xd8" + b"x" * 70_000,
    "B\u00fcro Ablage, neu/Brief an M\u00fcller.odt": b"PK" + b"y" * 9_000,
    "Documents/2026/notes.txt": b"notes\n" * 100,
    "Documents/empty.txt": b"",
}


def missing() -> str:
    """Why a real client cannot be run here; "" if it can."""
    if sys.platform != "linux":
        return "the live tests need Linux"
    lacking = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if shutil.which("sshd") is None and not Path("/usr/sbin/sshd").exists():
        lacking.append("openssh-server")
    if lacking:
        return f"not installed: {', '.join(lacking)} (make live-deps)"
    return "" if os.geteuid() == 0 else "making users and running sshd needs root"


@dataclass
class Machine:
    """This machine as an admin's host, and the server that its desktops use."""

    server: LabServer
    sshd: Sshd
    admin: OsUser
    display: Display
    folder: Path

    def person(self, role: str, *, name_journal: bool = True) -> Person:
        """A new OS user with a session, an account on the old name, and files on the server; nothing synced yet."""
        user = add_user(role)
        cloud = self.server.call(lambda cloud: _cloud_user(cloud, user.name))
        desktop = Desktop(user, self.display)
        desktop.log_in()
        password = self.server.call(lambda cloud: cloud.add_app_password(user.name))
        desktop.set_up_account(self.server.old_url, user.name, password, name_journal=name_journal)
        return Person(self, user, desktop, cloud)

    def fleet(self, name: str, *, admin: OsUser | None = None, new: str = "") -> Path:
        folder = self.folder / name
        return self.sshd.fleet(folder, (admin or self.admin).name, self.server.old_url, new or self.server.new_url)


@dataclass
class Person:
    """A user of the machine with his desktop and his files on the server."""

    machine: Machine
    user: OsUser
    desktop: Desktop
    cloud: CloudUser

    def first_sync(self, *more: str) -> None:
        """`more`: options for the client."""
        self.desktop.start_client(*more)
        wait_for(self.desktop.synced, "the first sync", 90)
        assert len(self.desktop.files()) == len(FILES)

    def requests(self, since: float) -> list[Request]:
        return [one for one in self.machine.server.requests(since=since) if one.user in {self.user.name, ""}]

    def transfers(self, since: float) -> list[str]:
        """What the server's log says of files that went over the line."""
        places = ("/remote.php/dav/files/", "/remote.php/dav/uploads/")
        found = [one for one in self.requests(since) if one.path.startswith(places)]
        return [f"{one.method} {one.path}" for one in found if one.method in {"GET", "PUT", "MOVE", "DELETE", "MKCOL"}]

    def sign_ins(self, since: float) -> list[Request]:
        return [one for one in self.machine.server.requests(since=since) if "/login/v2" in one.path]


def _cloud_user(cloud: Cloud, name: str) -> CloudUser:
    user = cloud.add_user(name)
    for path, content in FILES.items():
        user.tree.make_folders(path.rpartition("/")[0], int(time.time()))
        user.tree.put(path, content, int(time.time()) - 1000)
    return user


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("live")
    with contextlib.ExitStack() as stack:
        if not STATE.exists():
            # what the moves remember of users who are gone by then
            stack.callback(shutil.rmtree, STATE, ignore_errors=True)
        admin = add_user("admin")
        stack.callback(remove_user, admin)
        stack.enter_context(sudoers(admin, "ALL=(ALL) NOPASSWD: ALL"))
        server = stack.enter_context(LabServer(folder))
        # sshd reads the authorized keys as the user who logs in, so not below pytest's folder, which is root's alone
        doors = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/run"))
        stack.callback(shutil.rmtree, doors)
        doors.chmod(0o755)
        sshd = stack.enter_context(Sshd(doors, [f"{PREFIX}*"]))
        display = Display()
        stack.callback(display.close)
        yield Machine(server, sshd, admin, display, folder)


def remembered(user: str) -> list[Path]:
    """The folders of this user's moves in the host's state folder, where names keep only letters and digits."""
    return sorted(STATE.glob(f"runs/*/{user.replace('-', '_')}-*"))


def forget(user: str) -> None:
    """Removes what the host remembers of a user of the tests."""
    for folder in remembered(user):
        folder.unlink() if folder.is_symlink() else shutil.rmtree(folder)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


@pytest.fixture
def person(machine: Machine) -> Iterator[Callable[..., Person]]:
    """Makes people who are gone after the test."""
    with contextlib.ExitStack() as stack:

        def make(role: str, **options: Any) -> Person:
            made = machine.person(role, **options)
            stack.callback(forget, made.user.name)
            stack.callback(made.desktop.reap)
            stack.callback(remove_user, made.user)
            return made

        yield make


@dataclass(repr=False)
class Run:
    """What a command of smartfleet answered."""

    code: int
    document: Any
    remarks: str

    def __repr__(self) -> str:
        """What a person needs who reads why a test failed."""
        part = self.document.get("apply") or self.document
        told = {name: part[name] for name in ("outcomes", "verdicts", "unreached") if part.get(name)}
        return f"exit {self.code}\n{json.dumps(told, indent=1)}\n{self.remarks}"

    def _outcomes(self) -> list[dict[str, Any]]:
        return list((self.document.get("apply") or self.document)["outcomes"])

    def outcomes(self) -> dict[str, str]:
        """User to outcome, of apply, fix or rollback."""
        return {one["user"]: one["outcome"] for one in self._outcomes()}

    def codes(self) -> set[str]:
        return {one["code"] for one in self._outcomes()}

    def proofs(self) -> set[str]:
        """The states of all proofs of all moves."""
        return {proof["state"] for one in self._outcomes() for proof in one["proofs"]}

    def verdicts(self) -> list[str]:
        verified = self.document.get("verify") or self.document
        return [one["verdict"] for one in verified["verdicts"]]


def smartfleet(fleet: Path, verb: str, *words: str, typed: str = "") -> Run:
    """Runs a command as an admin would; a command that answers nothing shows why in the failure."""
    command = [sys.executable, "-m", "smartfleet.cli.main", verb, *words, "--fleet", str(fleet), "--format", "json"]
    # a session of its own: without a terminal, a password is read from stdin
    done = subprocess.run(
        command, input=typed, capture_output=True, text=True, timeout=600, check=False, start_new_session=True
    )
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {}
    return Run(done.returncode, document, done.stderr)
