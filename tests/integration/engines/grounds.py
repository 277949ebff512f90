"""What the contract suite stands on: an engine with real workers on this machine, and hands to hurt them with."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from smartfleet.engines.local import LocalEngine
from smartfleet.engines.protocol import Engine


class Ground(Protocol):
    """`places`: folders below which workers write files. `disks`: their folders for temporary files."""

    @property
    def engine(self) -> Engine: ...

    @property
    def places(self) -> list[Path]: ...

    @property
    def disks(self) -> list[Path]: ...

    def another(self) -> Engine:
        """A new adapter to the same workers, as after the controller was started again. Whoever asks closes it."""

    def processes(self) -> dict[int, str]:
        """Every living process that belongs to a shard at work, with its command line: worker programs and all below
        them, on the worker's side.
        """

    def sever(self) -> None:
        """Cuts the way to the workers without a word to either end."""


def marked(mark: str) -> dict[int, str]:
    """Living processes with `mark` in their environment, and their command lines; not this one."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
    return found


def worker_programs(processes: dict[int, str]) -> list[int]:
    """Those of `processes` that are worker programs: the first of each pair is the worker, the other its watcher."""
    return sorted(pid for pid, line in processes.items() if "smartfleet" in line and line.endswith("worker"))


class LocalGround:
    """Workers inherit this process's environment, so a variable in it marks them."""

    def __init__(self, folder: Path) -> None:
        self.engine = LocalEngine()
        self.places = self.disks = [folder]
        self._mark = f"XDG_STATE_HOME={folder}"

    def another(self) -> Engine:
        return LocalEngine()

    def processes(self) -> dict[int, str]:
        return marked(self._mark)

    def sever(self) -> None:
        """There is no way that could be cut: a worker that stands still is as good."""
        os.kill(worker_programs(self.processes())[0], signal.SIGSTOP)


@contextmanager
def local_ground(folder: Path) -> Iterator[LocalGround]:
    ground = LocalGround(folder)
    before = {name: os.environ.get(name) for name in ("XDG_STATE_HOME", "TMPDIR")}
    os.environ |= {"XDG_STATE_HOME": str(folder), "TMPDIR": str(folder)}
    try:
        yield ground
        ground.engine.close()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
