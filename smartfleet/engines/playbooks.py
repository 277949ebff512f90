"""Whether two installations have the same playbooks: controller and worker each run their own."""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

from smartfleet.paths import data_folder

_NOT_OURS = {"__pycache__"}


@functools.cache
def playbooks_digest() -> str:
    """sha256, in hexadecimal, of every file below this installation's playbooks, with its name."""
    return digest_of(data_folder("playbooks"))


def digest_of(folder: Path) -> str:
    total = hashlib.sha256()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_OURS)
        for name in sorted(files):
            path = Path(place) / name
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            total.update(f"{content} {path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()
