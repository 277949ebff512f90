"""A fleet of hosts and homes that are in the way of a move, for test_bad_input.py.

Everybody has a copy of one synced home, so that what is wrong is only what was spoilt.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost, LabUser, SignedIn, documents, secret_name
from smartfleet.lab.lab import Lab
from smartfleet.nextcloud.qsettings import encode_string
from tests.called import called

ROOT = os.geteuid() == 0
NOBODY = 65534
EVIL = "a\nb\x1b[2J\"' {{ lookup('ansible.builtin.pipe', 'touch MARKER') }} <b>ü"

# What a disk that is full says, to a file of a backup alone. Real ones say it at fsync, too.
FULL_DISK = """\

import errno, os
fsync = os.fsync
def full(fd):
    if "/backup.partial/" in os.readlink(f"/proc/self/fd/{fd}"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fsync(fd)
os.fsync = full
"""
SUDO = """#!/bin/sh
[ -e "$(dirname "$0")/asks" ] && { echo 'sudo: a password is required' >&2; exit 1; }
while [ "${1#-}" != "$1" ]; do case "$1" in -u|-p) shift 2;; *) shift;; esac; done
exec "$@"
"""

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"

# user: how his configuration or folder is spoilt, and the code that says so
CONFIGS: dict[str, str] = {
    "truncated": "config-truncated",
    "binary": "config-broken",
    "empty": "config-empty",
    "unreadable": "config-unreadable",
    "huge": "config-too-large",
    "linked": "config-link",
    **({"foreign": "config-foreign-owner"} if ROOT else {}),
}
FOLDERS = {
    "shared": "shared-folder",
    "relative": "folder-relative",
    "leads-away": "folder-link",
    "neighbour": "folder-outside-home",
    "whole-disk": "folder-root",
    "all-homes": "folder-root",
    "bytes": "folder-missing",
}
AT_APPLY = {
    "full": ("failed", "out-of-space"),
    "stubborn": ("failed", "client-will-not-stop"),
    "changed": ("refused", "config-changed"),
    "newkey": ("failed", "host-key-changed"),
    "sudo": ("failed", "become-password"),
}


Trees = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass
class Template:
    """A synced folder and its configuration, from which everybody's are made."""

    lab: Lab
    user: LabUser
    password: str

    def settle(self, user: LabUser, *, folder: str = "Nextcloud", session: bool = True) -> LabUser:
        """Gives `user` the same account, folder and journal in a home of his own, the client not running."""
        shutil.copytree(self.user.home / "Nextcloud", user.home / folder, symlinks=True)
        self.configure(user, f"{user.home / folder}/")
        if session:
            user.log_on()
            user.store_secret(secret_name(self.user.name, self.lab.old_url, 0), self.password)
        return user

    def configure(self, user: LabUser, local_path: str) -> bytes:
        old = b"localPath=" + f"{self.user.home}/Nextcloud/".encode()
        data = self.user.config.read_bytes()
        assert old in data
        data = data.replace(old, b"localPath=" + encode_string(local_path, 5))
        user.config.parent.mkdir(parents=True, exist_ok=True)
        user.config.write_bytes(data)
        return data


@dataclass
class Fleet:
    """The fleet, what its commands said, and what the homes were before and after."""

    lab: Lab
    folder: Path
    hosts: dict[str, LabHost]
    users: dict[tuple[str, str], LabUser]
    marker: Path
    said: dict[str, str] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    before: Trees = field(default_factory=dict)
    after: Trees = field(default_factory=dict)

    def run(self, name: str, *arguments: str) -> str:
        done = called(self.folder, *arguments)
        self.codes[name] = done.code
        self.said[name] = done.out + done.err
        return done.out

    def ask(self, name: str, *arguments: str) -> None:
        out = self.run(name, *arguments, "--format", "json")
        assert out, self.said[name]
        self.documents[name] = json.loads(out)

    def outcome(self, host: str, user: str) -> dict[str, Any]:
        (found,) = [o for o in self.documents["report"]["profiles"] if (o["host"], o["user"]) == (host, user)]
        return dict(found)

    def trees(self) -> Trees:
        """Every home, and under a host's name and "" all the rest of it but what programs keep for themselves."""
        rest = {
            (name, ""): {
                path: state
                for path, state in tree(host.root).items()
                if not path.startswith(tuple(f"{host.root}/{part}" for part in ("home/", "run/", "var/lib")))
            }
            for name, host in self.hosts.items()
        }
        return {(host, name): tree(user.home) for (host, name), user in self.users.items()} | rest


def tree(folder: Path) -> dict[str, str]:
    """Everything below, links not followed: kind, owner, mode, times of files, content."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        info = path.lstat()
        content = ""
        if path.is_symlink():
            content = str(path.readlink())
        elif stat.S_ISREG(info.st_mode) and os.access(path, os.R_OK):
            content = f"{info.st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        found[os.fsencode(path).decode(errors="backslashreplace")] = (
            f"{info.st_mode:o} {info.st_uid}:{info.st_gid} {info.st_ino} {content}"
        )
    return found


# how homes are spoilt


def _rewrite(change: Callable[[bytes], bytes]) -> Callable[[LabUser], None]:
    def work(user: LabUser) -> None:
        user.config.write_bytes(change(user.config.read_bytes()))

    return work


def _link(user: LabUser) -> None:
    user.config.rename(user.home / "real.cfg")
    user.config.symlink_to(user.home / "real.cfg")


SPOIL: dict[str, Callable[[LabUser], object]] = {
    "truncated": _rewrite(lambda data: data[: data.rindex(b"tina") + 2]),
    "binary": _rewrite(lambda _data: b"\x7fELF\x02\x01\x00" + bytes(range(256)) * 40),
    "empty": _rewrite(lambda _data: b""),
    "unreadable": lambda user: user.config.chmod(0),
    "huge": _rewrite(lambda data: data + b"; a comment\n" * 900_000),
    "linked": _link,
    "foreign": lambda user: os.chown(user.config, NOBODY, NOBODY),
}


def _share(template: Template, user: LabUser) -> None:
    """A second account, of another server, on the folder of the first."""
    first = SignedIn(template.lab.old_url, template.user.name, "x")
    second = SignedIn(template.lab.other_url, template.user.name, "x")
    user.log_on()
    user.sign_in(first, second)


def _bytes(template: Template, user: LabUser) -> None:
    """A folder whose name is no UTF-8, named in the configuration byte for byte."""
    name = os.fsencode(user.home) + b"/\xff\xfe"
    data = template.configure(user, "HERE")
    os.rename(user.home / "Nextcloud", name)  # noqa: PTH104 - pathlib has no bytes
    user.config.write_bytes(data.replace(b"HERE", name + b"/"))


def _lead_away(_template: Template, user: LabUser) -> None:
    (user.home / "Nextcloud").rename(user.home / "elsewhere")
    (user.home / "Nextcloud").symlink_to("elsewhere")


def spoil_folder(name: str, template: Template, user: LabUser, neighbour: LabUser) -> None:
    paths = {
        "relative": "Nextcloud/",
        "neighbour": f"{neighbour.home}/Nextcloud/",
        "whole-disk": "/",
        "all-homes": f"{user.home.parent}/",
    }
    others = {"shared": _share, "leads-away": _lead_away, "bytes": _bytes}
    if name in paths:
        template.configure(user, paths[name])
    else:
        others[name](template, user)


def populate(fleet: Fleet, strange: Path) -> None:
    lab = fleet.lab
    password = lab.add_account("tina")
    lab.put_all("tina", documents(11, 5))

    def add(host: str, name: str) -> LabUser:
        fleet.users[host, name] = fleet.hosts[host].add_user(name)
        return fleet.users[host, name]

    tina = add("good", "tina")
    tina.log_on()
    tina.sign_in(SignedIn(lab.old_url, "tina", password))
    tina.sync_once("Nextcloud")
    template = Template(lab, tina, password)
    for host in ("configs", "folders"):
        template.settle(add(host, "good"))
    for name in CONFIGS:
        SPOIL[name](template.settle(add("configs", name), session=False))
    if ROOT:
        _closed_to_its_owner(fleet, strange)
    neighbour = fleet.users["folders", "good"]
    for name in FOLDERS:
        spoil_folder(name, template, template.settle(add("folders", name), session=False), neighbour)
    for name in AT_APPLY:
        template.settle(add(name, name), session=name in {"full", "stubborn"})
    _evil_names(template, add("names", "evil"), fleet.marker)


def _closed_to_its_owner(fleet: Fleet, strange: Path) -> None:
    """Root can read anything: the user needs a uid of his own, and a home that this uid can reach."""
    user = fleet.users["configs", "unreadable"]
    passwd = user.host.root / "etc/passwd"
    lines = passwd.read_text().splitlines()
    own = [f"unreadable:x:{NOBODY}:{NOBODY}::{strange}:/bin/sh" if "unreadable" in line else line for line in lines]
    passwd.write_text("\n".join(own) + "\n")
    strange.chmod(0o755)
    shutil.copytree(user.home, strange, dirs_exist_ok=True, ignore=shutil.ignore_patterns("nextcloud.cfg"))
    shutil.copy(user.config, strange / ".config/Nextcloud/nextcloud.cfg")
    user.home, user.config = strange, strange / ".config/Nextcloud/nextcloud.cfg"
    for path in [strange, *strange.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    user.config.chmod(0)


def _evil_names(template: Template, user: LabUser, marker: Path) -> None:
    """In the folder's name, in the files' names, in the account's name; these are no fault, so it is moved."""
    folder = EVIL.replace("MARKER", marker.name).replace("/", "")
    template.settle(user, folder=folder)
    data = user.config.read_bytes()
    user.config.write_bytes(
        data.replace(b"0\\dav_user", b"0\\displayName=" + encode_string(EVIL, 5) + b"\n0\\dav_user", 1)
    )
    (user.home / folder / folder).write_text("{{ 7 * 7 }}")
    Path(os.fsdecode(os.fsencode(user.home / folder) + b"/\xff\x80.txt")).write_text("not UTF-8")


def write_inventory(fleet: Fleet) -> None:
    write_fleet(fleet.lab, fleet.hosts.values(), folder=fleet.folder)
    path = fleet.folder / "inventory/hosts.yml"
    document = yaml.safe_load(path.read_text())
    hosts = document["all"]["children"]["linux"]["hosts"]
    hosts["full"]["ansible_python_interpreter"] = str(_interpreter_with_full_disk(fleet.hosts["full"].root))
    hosts["stubborn"]["smartfleet_stop_seconds"] = 2
    hosts["sudo"]["ansible_become"] = True
    path.write_text(yaml.safe_dump(document))
    programs = fleet.hosts["sudo"].root / "usr/bin"
    for name, text in (("sudo", SUDO), ("id", "#!/bin/sh\necho 1000\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)


def _interpreter_with_full_disk(root: Path) -> Path:
    library = root / "usr/lib"
    library.mkdir()
    (library / "sitecustomize.py").write_text(FULL_DISK)
    program = root / "usr/bin/python3"
    program.write_text(f"#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH='{library}' exec '{sys.executable}' \"$@\"\n")
    program.chmod(0o755)
    return program


@contextmanager
def stubborn_client(home: Path) -> Iterator[None]:
    """A client that ignores what it is told; it is still there at the end."""
    with subprocess.Popen(
        ["nextcloud", "-c", STUBBORN], executable=sys.executable, env={"HOME": str(home)}, stdout=subprocess.PIPE
    ) as client:
        try:
            assert client.stdout
            assert client.stdout.readline() == b"up\n"
            yield
            assert client.poll() is None
        finally:
            client.kill()
