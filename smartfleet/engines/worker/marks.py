"""Which attempts this machine was given: none is carried twice, whoever sends it again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

_KEPT = 90 * 24 * 3600


def marks_folder(environment: Mapping[str, str]) -> Path:
    state = Path(environment.get("XDG_STATE_HOME", ""))
    base = state if state.is_absolute() else Path.home() / ".local" / "state"
    return base / "smartfleet" / "attempts"


def first_time(key: str, folder: Path) -> bool:
    """Notes the attempt. OSError if that cannot be done. Marks that nobody will ask for any more are deleted."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _forget(folder, time.time() - _KEPT)
    try:
        # a name may hold anything, a file name may not
        os.close(os.open(folder / hashlib.sha256(key.encode()).hexdigest(), os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def _forget(folder: Path, before: float) -> None:
    for entry in os.scandir(folder):
        # another worker on this machine may have deleted it meanwhile
        with contextlib.suppress(FileNotFoundError):
            if entry.stat().st_mtime < before:
                Path(entry.path).unlink()
