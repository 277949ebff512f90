"""Ctrl-C during a run: once lets running hosts finish, twice cancels."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Counts the admin's wishes to stop. `on_first` is called in a signal handler: keep it short."""

    def __init__(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> None:
        self.count = 0
        self._actions = (on_first, on_second)

    def interrupt(self, *, at_once: bool = False) -> None:
        self.count += 1
        if self.count == 1:
            self._actions[0]()
        if self.count == 2 or (at_once and self.count == 1):
            self._actions[1]()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """SIGINT and SIGTERM come here for a while; outside the main thread Python allows no handler."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(number: int, _frame: FrameType | None) -> None:
            self.interrupt(at_once=number == signal.SIGTERM)

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
