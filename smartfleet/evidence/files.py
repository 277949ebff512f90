"""Opening files that somebody handed over."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path


@contextmanager
def regular(path: Path) -> Iterator[BufferedReader]:
    """A regular file, open for reading. Raises OSError for links and everything else."""
    # a pipe would block, a device would never end
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path.name} is no regular file")
        yield file


def read(path: Path, most: int) -> bytes:
    """All of a small regular file. Raises OSError."""
    with regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(f"{path.name} is too large for what it should be")
    return content
