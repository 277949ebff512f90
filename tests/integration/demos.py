"""What a demo leaves behind."""

from __future__ import annotations

import os
from pathlib import Path


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
