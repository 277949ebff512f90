"""Where the sync folders of a configuration lie on the disk that this code works on.

On a POSIX host the file's own spelling is the path. A host that keeps its disk elsewhere brings its own `Disk`.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

from .accounts import Folder
from .walk import Placeholders


class Place(NamedTuple):
    """`path` as the operating system takes it; `placeholders` as `walk` wants them told."""

    path: str
    placeholders: Placeholders


class Disk(Protocol):
    """How to find a folder that a configuration names."""

    def place(self, folder: Folder) -> Place:
        """StepError where the name leads nowhere that may be worked on."""

    def require_free(self, path: str) -> None:
        """StepError file-in-use where somebody has the file open so that it cannot be replaced."""


class PosixDisk:
    """The disk of a POSIX host: a `Disk`."""

    def place(self, folder: Folder) -> Place:
        return Place(os.fsdecode(folder.local_path), folder.virtual_files)

    def require_free(self, path: str) -> None:
        """Nothing keeps a file from being replaced here, whoever has it open."""
