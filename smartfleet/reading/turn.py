"""Whose turn it is: at most one thread at a time runs Ansible's code, which was written for processes of one thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class OwnTime:
    """A thread's clock, which stands still while it waits for its turn: that time is taken by others. Any thread may
    look at it.
    """

    def __init__(self) -> None:
        # seconds that were waited, and since when it waits now; together, so that a look sees both of one moment
        self._waits: tuple[float, float | None] = (0.0, None)

    def now(self) -> float:
        """In seconds, from an unknown moment on."""
        now = time.monotonic()
        waited, since = self._waits
        return (now if since is None else since) - waited

    @contextmanager
    def standing(self) -> Iterator[None]:
        waited, _ = self._waits
        since = time.monotonic()
        self._waits = waited, since
        try:
            yield
        finally:
            self._waits = waited + time.monotonic() - since, None


class Turn:
    """A lock that its holder lends to the others while it waits for something outside this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._own = OwnTime()

    @contextmanager
    def held(self, own: OwnTime | None = None) -> Iterator[None]:
        """`own` stands still whenever this thread waits for its turn, now and after it has lent it."""
        self._take(own or OwnTime())
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Others may go on meanwhile. Means nothing in a thread whose turn it is not: a wait within a wait."""
        if self._holder != threading.get_ident():
            yield
            return
        own = self._own
        self._give()
        try:
            yield
        finally:
            self._take(own)

    def _take(self, own: OwnTime) -> None:
        with own.standing():
            self._lock.acquire()
        self._holder, self._own = threading.get_ident(), own

    def _give(self) -> None:
        self._holder = None
        self._lock.release()
