"""What a demo leaves behind."""

from __future__ import annotations

import os
import time
from pathlib import Path


def left_by_demo(folder: Path) -> list[str]:
    """Its processes that do not end by themselves: who was told to takes a moment."""
    deadline = time.monotonic() + 180
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that name the folder, there or in their environment: what the lab started, wherever
    it hangs in the process tree, and what its workers started.
    """
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                line, environment = (process.joinpath(name).read_bytes() for name in ("cmdline", "environ"))
            except OSError:
                continue
            if os.fsencode(folder) in line + environment:
                found.append(line.replace(b"\0", b" ").decode())
    return found
