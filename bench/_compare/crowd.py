"""The machines that every competitor works on, brought back to the same start before each move."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from smartfleet.lab.host import LabHost, LabUser, Person
from smartfleet.lab.lab import Lab
from smartfleet.lab.layout import ADMIN
from smartfleet.lab.windows.host import WindowsLabHost

_WORKERS = 4


@dataclass(frozen=True)
class Wire:
    """What went over the wire of one machine since it was counted anew; of several, on average."""

    connections: float
    requests: float
    bytes_in: float
    bytes_out: float


class Machine:
    """One machine with its one user, and a copy of what a move changes there."""

    def __init__(self, host: LabHost | WindowsLabHost, user: Person, kept: Path) -> None:
        self.host = host
        self.user = user
        self._copies = {path: kept / str(number) for number, path in enumerate(_changed_by_a_move(host, user))}
        for path, copy in self._copies.items():
            _put(path, copy)
        self._secrets = set(user.secret_names()) if isinstance(user, LabUser) else set()

    @property
    def port(self) -> int:
        return self.host.port

    def restore(self) -> None:
        """As it was when this object was made."""
        if self.user.is_client_running():
            self.user.quit_client()
        for path, copy in self._copies.items():
            _put(copy, path)
        if isinstance(self.user, LabUser):
            for key in set(self.user.secret_names()) - self._secrets:
                self.host.lab.call("forget_secret", host=self.host.name, user=self.user.name, key=key)

    def is_moved(self, lab: Lab) -> bool:
        """Whether the client's settings name the new server and no longer the old one."""
        settings = self.user.config.read_text("utf-8")
        return f"url={lab.new_url}" in settings and f"url={lab.old_url}" not in settings


class Crowd:
    """All machines of one kind, and the fleet folder that lists them."""

    def __init__(self, lab: Lab, kind: str, hosts: Sequence[LabHost | WindowsLabHost], fleet: Path) -> None:
        self.lab = lab
        self.kind = kind
        self.fleet = fleet
        kept = fleet.parent / f"{fleet.name}-kept"
        self.machines = [Machine(host, host.user(_only_user(host)), kept / host.name) for host in hosts]

    @property
    def names(self) -> Mapping[int, str]:
        """The machines' names by their ports."""
        return {machine.port: machine.host.name for machine in self.machines}

    def restore(self) -> None:
        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(Machine.restore, self.machines))

    def moved(self) -> int:
        return sum(machine.is_moved(self.lab) for machine in self.machines)

    def count_anew(self) -> None:
        for machine in self.machines:
            machine.host.traffic(reset=True)

    def wire(self) -> Wire:
        seen = [astuple(wire_of(machine.host)) for machine in self.machines]
        return Wire(*(sum(counts) / len(seen) for counts in zip(*seen, strict=True)))


def wire_of(host: LabHost | WindowsLabHost) -> Wire:
    seen: Mapping[str, Any] = host.traffic()
    total = seen["total"] if isinstance(host, WindowsLabHost) else seen
    return Wire(seen["connections"], total["requests"], total["bytes_in"], total["bytes_out"])


def _only_user(host: LabHost | WindowsLabHost) -> str:
    if isinstance(host, WindowsLabHost):
        return next(one.user for one in host.machine.profiles() if one.user != ADMIN)
    return next(home.name for home in (host.root / "home").iterdir() if home.name != ADMIN)


def _changed_by_a_move(host: LabHost | WindowsLabHost, user: Person) -> list[Path]:
    journals = list((user.home / "Nextcloud").glob(".sync_*"))
    if isinstance(host, WindowsLabHost):
        folder = host.machine.folder
        state = [folder / name for name in ("registry.json", "credentials.json", "C/ProgramData")]
    else:
        state = [host.root / "var/lib"]
    return [user.config.parent, *journals, *state]


def _put(source: Path, target: Path) -> None:
    """Makes `target` what `source` is: a folder with all in it, a file, or nothing."""
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(source, target)
