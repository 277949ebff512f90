"""The list of hashes: what `sha256sum -c` reads."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from smartfleet.evidence.files import regular
from smartfleet.evidence.layout import SIGNATURES, SUMS
from smartfleet.text import visible

_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S(?:.*\S)?)")
_OWN = {SUMS, *SIGNATURES.values()}
LARGEST = 64_000_000
"""Bytes of a list: that of 100,000 hosts has 13 million."""


@dataclass(frozen=True)
class Compared:
    """Names of files, made visible, in order."""

    changed: list[str]
    missing: list[str]
    extra: list[str]


def listed(folder: Path) -> str:
    """The list of all files below `folder`. Raises OSError."""
    return "".join(f"{digest(folder / name)}  {name}\n" for name in sorted(_found(folder)))


def parse(text: str) -> dict[str, str]:
    """Hash by name. Raises ValueError with what is wrong for a line that names no file below the folder."""
    sums: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if not found or not _is_below(found[2]):
            raise ValueError(f"line {number} names no file of this folder")
        if found[2] in sums:
            raise ValueError(f"line {number} names a file that another line names too")
        sums[found[2]] = found[1]
    return sums


def compare(folder: Path, sums: Mapping[str, str]) -> Compared:
    """Raises OSError where the folder cannot be read. Links are not followed: they are no files of ours."""
    found = set(_found(folder))
    changed = [name for name in sums if name in found and _differs(folder / name, sums[name])]
    return Compared(
        changed=sorted(visible(name) for name in changed),
        missing=sorted(visible(name) for name in sums.keys() - found),
        extra=sorted(visible(name) for name in found - sums.keys()),
    )


def digest(path: Path) -> str:
    """SHA-256 of a regular file. Raises OSError."""
    with regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _differs(path: Path, wanted: str) -> bool:
    try:
        return digest(path) != wanted
    except OSError:
        return True


def _found(folder: Path) -> Iterator[str]:
    """All that is no folder, but the list and its signatures; links to folders too."""

    def fail(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=fail):
        for name in (*files, *(one for one in folders if (Path(parent) / one).is_symlink())):
            path = (Path(parent) / name).relative_to(folder).as_posix()
            if path not in _OWN:
                yield path


def _is_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name and name not in _OWN
