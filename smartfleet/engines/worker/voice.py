"""What a worker says to the controller: numbered lines, beats between them, one last word."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from typing import Any

from smartfleet.engines import wire
from smartfleet.engines.protocol import Ended


class Voice:
    """Writes to `descriptor` from several threads. A controller that is gone is no error here: its silence is heard."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._number = 0
        self._over = threading.Event()

    def hello(self, about: Mapping[str, object]) -> None:
        with self._lock:
            self._write(wire.hello(about))

    def listing(self, found: Mapping[str, Any] | None) -> None:
        with self._lock:
            self._write(wire.listing(found))

    def answer(self, host: str, action: str, state: str, result: Mapping[str, Any]) -> None:
        with self._lock:
            self._number += 1
            self._write(wire.answer(self._number, host, action, state, result))

    def ended(self, end: Ended) -> None:
        self._over.set()
        with self._lock:
            self._number += 1
            self._write(wire.ended(self._number, end))

    def beat_every(self, seconds: float) -> None:
        threading.Thread(target=self._beat, args=(seconds,), daemon=True).start()

    def _beat(self, seconds: float) -> None:
        while not self._over.wait(seconds):
            with self._lock:
                if not self._over.is_set():
                    self._write(wire.beat(self._number))

    def _write(self, line: bytes) -> None:
        view = memoryview(line)
        with contextlib.suppress(OSError):
            while view:
                view = view[os.write(self._descriptor, view) :]
