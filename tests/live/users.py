"""Real OS users, made for a test and removed by their exact names."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "sf-test-"


@dataclass(frozen=True)
class OsUser:
    """A user of this machine, with what a program started in his name needs."""

    name: str
    uid: int
    gid: int
    home: Path

    @property
    def runtime(self) -> Path:
        return Path("/run/user") / str(self.uid)

    def env(self, **more: str) -> dict[str, str]:
        fixed = {
            "HOME": str(self.home),
            "USER": self.name,
            "LOGNAME": self.name,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.runtime),
        }
        return fixed | more

    def start(self, *command: str, env: Mapping[str, str], **options: object) -> subprocess.Popen[bytes]:
        """A process of the user that runs on; it is found again by its uid, whoever its parent is by then."""
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # options as of Popen
            command, env=env, cwd=self.home, user=self.uid, group=self.gid, extra_groups=[], start_new_session=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **options},
        )  # fmt: skip

    def run(self, *command: str, env: Mapping[str, str], text: str = "") -> str:
        done = subprocess.run(
            command, env=dict(env), cwd=self.home, user=self.uid, group=self.gid, extra_groups=[], input=text,
            capture_output=True, text=True, check=True, timeout=600,
        )  # fmt: skip
        return done.stdout

    def write(self, path: Path, data: bytes) -> None:
        """A file of the user's, with the folders above it."""
        missing = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        for made in (*missing, path):
            os.chown(made, self.uid, self.gid)

    def processes(self) -> list[int]:
        return [pid for pid in _pids() if _owner(pid) == self.uid]


def add_user(role: str) -> OsUser:
    """A user who can be logged into with a key only; his name tells that he belongs to a test."""
    name = f"{PREFIX}{role}-{secrets.token_hex(2)}"
    subprocess.run(
        ["useradd", "--create-home", "--shell", "/bin/bash", "--password", "*", name], check=True, capture_output=True
    )
    entry = pwd.getpwnam(name)
    user = OsUser(name, entry.pw_uid, entry.pw_gid, Path(entry.pw_dir))
    try:
        _make_runtime(user)
    except OSError:
        remove_user(user)
        raise
    return user


def _make_runtime(user: OsUser) -> None:
    """An empty runtime folder. A killed test leaves that of its user, whose number this one may have got."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(user.runtime)
    user.runtime.mkdir(mode=0o700)
    os.chown(user.runtime, user.uid, user.gid)


def remove_user(user: OsUser) -> None:
    """Ends all that runs in the user's name, then removes user, home and runtime folder."""
    assert user.name.startswith(PREFIX)
    _end(user.processes(), signal.SIGTERM)
    end = time.monotonic() + 180
    # whoever was begun meanwhile was not told
    while not _gone(user, 8.0) and time.monotonic() < end:
        _end(user.processes(), signal.SIGKILL)
    shutil.rmtree(user.runtime, ignore_errors=True)
    subprocess.run(["userdel", "--remove", user.name], check=True, capture_output=True)


def set_password(user: OsUser, password: str) -> None:
    subprocess.run(["chpasswd"], input=f"{user.name}:{password}\n", text=True, check=True, capture_output=True)


@contextlib.contextmanager
def sudoers(user: OsUser, rule: str) -> Iterator[None]:
    """`rule` as in ``ALL=(ALL) NOPASSWD: ALL``, for as long as the context lasts."""
    path = Path("/etc/sudoers.d") / user.name.replace(".", "-")
    path.write_text(f"{user.name} {rule}\n")
    path.chmod(0o440)
    try:
        yield
    finally:
        path.unlink()


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _owner(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def _end(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _gone(user: OsUser, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(not is_zombie(pid) for pid in user.processes()):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True
