"""A file without a name: nobody else can open it, and it is gone with the process, however that ends."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator

BLOCK = 1 << 16


class Spool:
    """Written once from its start to its end, then read as often as is wanted, by any thread."""

    def __init__(self) -> None:
        self._descriptor, name = tempfile.mkstemp(prefix="smartfleet-")
        # open files need no name; a controller that is killed leaves nothing behind
        os.unlink(name)  # noqa: PTH108 - the name was a string all along
        weakref.finalize(self, os.close, self._descriptor)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def blocks(self) -> Iterator[bytes]:
        place = 0
        while block := os.pread(self._descriptor, BLOCK, place):
            yield block
            place += len(block)
