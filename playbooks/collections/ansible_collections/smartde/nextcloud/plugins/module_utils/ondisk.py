"""Where the sync folders of a configuration lie on the disk that this code works on.

On a POSIX host the file's own spelling is the path. A host that keeps its disk elsewhere brings its own `Disk`.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

from .accounts import Folder
from .configwrite import may_write
from .dropped import run_as
from .people import Person
from .transaction import StepError
from .walk import Placeholders


class Place(NamedTuple):
    """`path` as the operating system takes it; `placeholders` as `walk` wants them told."""

    path: str
    placeholders: Placeholders


class Disk(Protocol):
    """How to find a folder that a configuration names."""

    def place(self, folder: Folder) -> Place:
        """StepError where the name leads nowhere that may be worked on."""

    def require_writable(self, person: Person, path: str) -> None:
        """StepError no-permission (refused) where the file could not be replaced. Nothing is written to find out."""

    def require_free(self, path: str) -> None:
        """StepError file-in-use where somebody has the file open so that it cannot be replaced."""


class PosixDisk:
    """The disk of a POSIX host: a `Disk`."""

    def place(self, folder: Folder) -> Place:
        return Place(os.fsdecode(folder.local_path), folder.virtual_files)

    def require_writable(self, person: Person, path: str) -> None:
        if not run_as(person, may_write, path):
            message = f"{person.name} cannot write to {os.path.dirname(path)}"
            raise StepError("no-permission", message, outcome="refused")

    def require_free(self, path: str) -> None:
        """Nothing keeps a file from being replaced here, whoever has it open."""
