"""What NTFS keeps of a file beside its content: here a placeholder of the cloud files API, and what is read-only."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smartfleet.lab.windows.drive import Drive
from smartfleet.lab.windows.store import JsonFile

SPARSE, REPARSE_POINT, OFFLINE, RECALL_ON_DATA_ACCESS = 0x200, 0x400, 0x1000, 0x400000
READ_ONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
PLACEHOLDER = ARCHIVE | SPARSE | REPARSE_POINT | OFFLINE | RECALL_ON_DATA_ACCESS
"""What Windows shows of a dehydrated file."""


@dataclass(frozen=True)
class Attributes:
    """Path, as Windows spells it, to attributes, for files that have others than every file."""

    file: JsonFile
    drive: Drive

    def put(self, real: Path, attributes: int) -> None:
        with self.file.changing() as content:
            content[self.drive.spelled(real)] = attributes

    def forget(self, real: Path) -> None:
        with self.file.changing() as content:
            content.pop(self.drive.spelled(real), None)

    def of(self, real: Path) -> int:
        """0 for a file like every other."""
        return int(self.file.read().get(self.drive.spelled(real), 0))

    def placeholders(self) -> set[tuple[int, int]]:
        """Device and inode of every file that is a placeholder now."""
        found = set()
        for path, attributes in self.file.read().items():
            if attributes & RECALL_ON_DATA_ACCESS:
                try:
                    info = self.drive.real(path).lstat()
                except OSError:
                    continue
                found.add((info.st_dev, info.st_ino))
        return found

    def placeholder_test(self) -> Callable[[int, bytes, os.stat_result], bool]:
        """As the walk of a folder asks it; knows what is a placeholder at this moment."""
        known = self.placeholders()
        return lambda _folder, _name, info: (info.st_dev, info.st_ino) in known
