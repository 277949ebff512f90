"""What comes from the controller: lines and bytes, on one pipe or in a file, and how long they may fail to come."""

from __future__ import annotations

import os
import selectors
import time


class Silence(Exception):  # noqa: N818 - it ends a wait, as StopIteration ends a loop
    """Nothing came within the time that was given."""


class Incoming:
    """Reads `descriptor`. b"" is the end of input."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # epoll, the default, takes no files: `smartfleet worker < /dev/null` is what admins try by hand
        self._ready = selectors.PollSelector()
        self._ready.register(descriptor, selectors.EVENT_READ)
        self._held = b""

    def line(self, seconds: float) -> bytes:
        """With its end of line; what is left of one at the end of input is not told. Raises Silence."""
        pieces: list[bytes] = []
        limit = time.monotonic() + seconds
        try:
            while block := self.block(1 << 20, max(0.0, limit - time.monotonic())):
                head, newline, rest = block.partition(b"\n")
                pieces += [head, newline]
                if newline:
                    self._held = rest + self._held
                    return b"".join(pieces)
        except Silence:
            self._held = b"".join(pieces)
            raise
        return b""

    def waiting(self) -> bool:
        """Whether something came, or the end of input."""
        return bool(self._held or self._ready.select(0))

    def block(self, most: int, seconds: float) -> bytes:
        """At least one byte, `most` at the most. Raises Silence."""
        if not self._held:
            if not self._ready.select(seconds):
                raise Silence
            self._held = os.read(self._descriptor, 1 << 18)
        block, self._held = self._held[:most], self._held[most:]
        return block
