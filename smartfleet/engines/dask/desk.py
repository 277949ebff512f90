"""Where a worker program and those who talk to it from afar meet, in the process of a Dask worker."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from smartfleet.engines.pipes import ProcessLink
from smartfleet.engines.protocol import Ended

FIRST_CALL = 30.0
"""Seconds until somebody must come and give work. Nobody comes where Dask ran a task a second time."""
_ABANDONED = 120.0
_LAST_WORDS = 30.0
_WAITING_IN = 4 * 1024 * 1024
_WAITING_OUT = 32 * 1024 * 1024
_PATIENCE = 20.0
_LOOK = 0.2


@dataclass(frozen=True)
class Taken:
    """Lines of a worker program. `why`: after them there are no more. `gone`: there is no such program."""

    lines: tuple[bytes, ...]
    why: Ended | None = None
    gone: bool = False


class Desk:
    """`work` is called in a thread of the task's; the other methods from any other. Each waits at most some seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._into: deque[bytes] = deque()
        self._into_size = 0
        self._lines: list[bytes] = []
        self._lines_size = 0
        self._why: Ended | None = None
        self._told = False
        self._left = False
        self._called: float | None = None

    def work(self, command: Sequence[str], stays: Callable[[], bool]) -> None:
        """Runs the program until it ends, until it is hung up on, until nobody has called for long, or until the
        worker does not stay: Dask would wait for the task a while, and then leave it behind.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._called or self._left, FIRST_CALL) or self._left:
                self._left = True
                return
        try:
            link = ProcessLink(command, self._name)
        except OSError as error:
            self._conclude(_not_started(self._name, error))
            return
        feeder = threading.Thread(target=self._feed, args=(link,), daemon=True)
        feeder.start()
        try:
            self._listen(link, stays)
        finally:
            self._leave()
            link.close()
            feeder.join()

    def give(self, data: bytes) -> bool:
        with self._changed:
            self._note()
            self._changed.wait_for(lambda: self._left or self._into_size < _WAITING_IN, _PATIENCE)
            if self._left or self._into_size >= _WAITING_IN:
                return False
            self._into.append(data)
            self._into_size += len(data)
            self._changed.notify_all()
            return True

    def take(self, seconds: float) -> Taken:
        with self._changed:
            self._note()
            self._changed.wait_for(lambda: self._lines or self._why or self._left, seconds)
            lines = tuple(self._lines)
            self._lines.clear()
            self._lines_size = 0
            self._told = self._why is not None
            self._changed.notify_all()
            return Taken(lines, self._why, gone=self._left and self._why is None)

    def hang_up(self) -> None:
        self._leave()

    def _note(self) -> None:
        self._called = time.monotonic()
        self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def _listen(self, link: ProcessLink, stays: Callable[[], bool]) -> None:
        while stays() and not self._is_left():
            line = link.read_line(_LOOK)
            if line == b"":
                self._conclude(link.why())
                return
            if line:
                with self._changed:
                    self._changed.wait_for(lambda: self._left or self._lines_size < _WAITING_OUT, _ABANDONED)
                    self._lines.append(line)
                    self._lines_size += len(line)
                    self._changed.notify_all()

    def _is_left(self) -> bool:
        with self._changed:
            return self._left or time.monotonic() - (self._called or 0.0) > _ABANDONED

    def _conclude(self, why: Ended) -> None:
        """Waits until the end was fetched too, so that a short program's words are not lost."""
        with self._changed:
            self._why = why
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._told or self._left, _LAST_WORDS)

    def _feed(self, link: ProcessLink) -> None:
        # a program that takes no more is heard of by the other thread
        with contextlib.suppress(OSError):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._into or self._left)
                    if self._left:
                        return
                    data = self._into[0]
                link.write(data)
                with self._changed:
                    self._into.popleft()
                    self._into_size -= len(data)
                    self._changed.notify_all()


def _not_started(name: str, error: OSError) -> Ended:
    return Ended(
        "failed",
        begun=False,
        code="worker/not-started",
        message=f"no worker program can be started on {name}: {error.strerror}",
        why="nothing was begun on any host of the shard",
        do="free memory or processes on that machine",
    )
