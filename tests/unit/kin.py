"""This process's children. Other tests of the same run may have some too, so tests compare before and after."""

from __future__ import annotations

import os
from pathlib import Path


def children() -> set[int]:
    """Pids of the living and the unreaped."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if int(text.rpartition(")")[2].split()[1]) == os.getpid():
            found.add(int(status.parent.name))
    return found
