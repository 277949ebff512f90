"""Which hosts share an SSH master, so that it ends with the last of them."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from smartfleet.masters import end_master, end_masters


class Masters:
    """Those whose sockets lie below `folder` are this run's own. A way (address, port, user) has one master, which
    several names in the inventory may share.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._sharing: Counter[str] = Counter()
        self._ending: set[str] = set()

    def share(self, way: str) -> None:
        """Waits while the way's master is being ended: a connection that went through it would break."""
        with self._changed:
            self._changed.wait_for(lambda: way not in self._ending)
            self._sharing[way] += 1

    def leave(self, way: str, path: Path | None) -> None:
        """Without it, thousands of idle masters would wait for the end of their time."""
        with self._changed:
            self._sharing[way] -= 1
            if self._sharing[way]:
                return
            del self._sharing[way]
            if path is None or not path.is_relative_to(self._folder):
                return
            self._ending.add(way)
        try:
            end_master(path)
        finally:
            with self._changed:
                self._ending.discard(way)
                self._changed.notify_all()

    def end_all(self) -> None:
        end_masters(self._folder)
