"""Where things lie in a lab's folder, and the note that tells a running lab."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

ADMIN = "admin"
"""The user that smartfleet logs in as on every host of a lab."""


@dataclass(frozen=True)
class Layout:
    """The files of the lab in `folder`."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "lab.json"

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def admin_key(self) -> Path:
        return self.keys / "admin"

    @property
    def known_hosts(self) -> Path:
        return self.keys / "known_hosts"

    @property
    def windows_ca(self) -> Path:
        """The authority that signed the certificates of the Windows machines."""
        return self.keys / "ca.pem"

    @property
    def windows_password(self) -> Path:
        """The administrator's, on every Windows machine; only the owner may read it."""
        return self.keys / "windows-password"

    @property
    def downloads(self) -> Path:
        """Installers that the lab's server offers."""
        return self.folder / "downloads"

    @property
    def workers(self) -> Path:
        """The machines that work for a controller, and what they say."""
        return self.folder / "workers"

    def worker_home(self, name: str) -> Path:
        return self.workers / name / "home" / ADMIN

    @property
    def hosts(self) -> Path:
        """Where the machines really lie: elsewhere, behind a link, if `folder` is too long for unix sockets."""
        return (self.folder / "hosts").resolve()

    def remove_linked_hosts(self) -> None:
        """Removes the machines' files if they lie behind a link: nobody would look for them there."""
        link = self.folder / "hosts"
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
            link.unlink()

    @property
    def fleet(self) -> Path:
        return self.folder / "fleet"

    def root(self, host: str) -> Path:
        """The folder that stands for ``/`` of a host."""
        return self.hosts / host

    def access_log(self, server: str) -> Path:
        return self.folder / f"access-{server}.jsonl"


@dataclass(frozen=True)
class LabState:
    """What `lab.json` says of a running lab. `mark` is the daemon's start: a pid alone may come again."""

    pid: int
    mark: str
    control: str
    token: str
    old_url: str
    new_url: str
    other_url: str
    downloads_url: str

    def write(self, path: Path) -> None:
        """Only the owner may read it: the token opens the control connection."""
        partial = path.with_suffix(".new")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.replace(path)


def read_state(layout: Layout) -> LabState | None:
    """The note of the lab, running or not; None if there is none that can be read."""
    try:
        return LabState(**json.loads(layout.state.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def process_mark(pid: int) -> str:
    """When the process began, in the kernel's own unit; empty if it is gone, a zombie, or /proc is missing."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {b"Z", b"X"} else fields[19].decode()


def is_running(pid: int, mark: str) -> bool:
    """Whether this very process still runs; where there is no /proc, whether any process has the pid."""
    if mark:
        return process_mark(pid) == mark
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
