"""An end before the time: a signal ends the main thread wherever it is, but not with a process that nobody knows of."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class CancelledError(BaseException):
    """Raised in the main thread by a signal. No Exception: nothing of Ansible's may catch it."""


class Ending:
    """What TERM, INT and HUP mean; of use in the main thread alone."""

    def __init__(self) -> None:
        self._held = False
        self._asked = False

    def heed(self) -> None:
        """From now on the first of them raises CancelledError, and no further one does."""
        for number in _NUMBERS:
            signal.signal(number, self._ask)

    def ignore(self) -> None:
        """From now on they mean nothing: the end must not be cut short."""
        for number in _NUMBERS:
            signal.signal(number, signal.SIG_IGN)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What is done in here is done to its end; a signal counts afterwards. Raises CancelledError then."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._asked:
                raise CancelledError

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        # once is enough
        self.ignore()
        self._asked = True
        if not self._held:
            raise CancelledError
