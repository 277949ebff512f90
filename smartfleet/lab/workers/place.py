"""A worker's machine: a home folder of its own, whose name in the environment marks every process that runs there."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from smartfleet.errors import LabError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GONE_SECONDS = 10.0


@dataclass(frozen=True)
class Place:
    """`home` stands for the home of the account that works there."""

    name: str
    home: Path

    def environment(self, temporary: Path) -> dict[str, str]:
        """All that a process of this machine gets: nothing of whoever runs the lab. `temporary` is its folder for
        sockets too, whose names must not be long.
        """
        return {
            "HOME": os.fspath(self.home),
            "TMPDIR": os.fspath(temporary),
            "PATH": f"{sysconfig.get_path('scripts')}:{PATH}",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
        }

    def make(self, temporary: Path) -> None:
        self.home.mkdir(parents=True, mode=0o700)
        temporary.mkdir(mode=0o700)
        self.script.write_text(self._start(temporary), encoding="utf-8")

    @property
    def script(self) -> Path:
        """What a forced command names: it starts `smartfleet worker` on this machine."""
        return self.home / "worker.sh"

    @property
    def forced(self) -> str:
        """The options before a key in `authorized_keys`. The folder may lie where no program may be run."""
        words = shlex.join(["/bin/sh", os.fspath(self.script)])
        return 'restrict,command="{}"'.format(words.replace("\\", "\\\\").replace('"', '\\"'))

    def processes(self) -> list[int]:
        """Everything that runs on this machine."""
        needle = os.fsencode(f"HOME={self.home}")
        found = []
        for entry in Path("/proc").iterdir():
            # processes of others, and those that end meanwhile, cannot be read
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and needle in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
        return found

    def power_off(self) -> list[int]:
        """Ends everything that runs there with SIGKILL, as a machine that loses its power; the pids."""
        deadline = time.monotonic() + GONE_SECONDS
        ended: dict[int, None] = {}
        # what forks while it is looked for shows in the next look
        while running := self.processes():
            for pid in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            ended |= dict.fromkeys(running)
            if time.monotonic() > deadline:
                raise LabError("lab/worker-stays", f"{self.name} has processes that do not end: {running}")
            time.sleep(0.02)
        return list(ended)

    def _start(self, temporary: Path) -> str:
        settings = [f"{name}={value}" for name, value in self.environment(temporary).items()]
        program = [sys.executable, "-m", "smartfleet.cli.main", "worker"]
        return f"exec env -i {shlex.join([*settings, *program])}\n"
