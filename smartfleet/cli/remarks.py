"""Remarks of a run, said by a thread of their own: whoever makes one may hold any lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from smartfleet.text import visible


class Remarks:
    """`put` may be called from signal handlers, in the midst of another write to the same stream; all that was put is
    said, in order, before the context is left.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` is called in the thread, one remark at a time, with nothing in it that could command a terminal."""
        self._say = say
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._say_all, name="smartfleet-remarks", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()
        # what a signal handler put in the meantime
        self._waiting.put(None)
        self._say_all()

    def put(self, remark: str) -> None:
        self._waiting.put(remark)

    def _say_all(self) -> None:
        while (remark := self._waiting.get()) is not None:
            self._say(visible(remark))
