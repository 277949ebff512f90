"""The user's ssh configuration, read by paramiko, which knows neither ``Include`` nor the system's file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import paramiko


def configured(path: Path, address: str) -> list[tuple[str, str]]:
    """What the file `path` says of `address`: options by name, in lower case. ValueError when it cannot be read."""
    try:
        found = _parsed(path, path.stat().st_mtime_ns).lookup(address)
    except paramiko.SSHException as error:
        raise ValueError(f"{path}: {error}") from error
    pairs: list[tuple[str, str]] = []
    for name, value in found.items():
        # identityfile is the one option with several values
        values: list[object] = list(value) if not isinstance(value, str) else [value]
        pairs += [(name, str(one)) for one in values if one is not None]
    return pairs


@lru_cache(maxsize=8)
def _parsed(path: Path, _changed: int) -> paramiko.SSHConfig:
    """One file stands for thousands of hosts; another time of change is another file."""
    return paramiko.SSHConfig.from_path(str(path))
