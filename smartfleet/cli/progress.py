"""Tells on stderr how far a run is: a line that moves on a terminal, now and then a line on a pipe."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from smartfleet.campaign.answers import Answer
from smartfleet.text import visible

_SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Counts the hosts that are through. Use it as a context, and `tell` as the run's progress."""

    def __init__(self, verb: str, hosts: int) -> None:
        self._verb = verb
        self._hosts = hosts
        self._through: dict[str, str] = {}
        self._console = Console(stderr=True, highlight=False, emoji=False, markup=False)
        self._status = Status(self._line(), console=self._console) if self._console.is_terminal else None
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()
        if kind is None:
            self.notify(self._line())

    def tell(self, answer: Answer) -> None:
        if not answer.ours or answer.state == "skipped":
            return
        self._through[answer.host] = answer.state
        if self._status:
            self._status.update(self._line())
        elif time.monotonic() - self._told > _SECONDS_BETWEEN_LINES:
            self.notify(self._line())

    def notify(self, message: str) -> None:
        self._told = time.monotonic()
        if self._status:
            self._console.print(visible(message))
        else:
            # not through rich: it would wrap the line at a width that a pipe has not
            sys.stderr.write(f"{visible(message)}\n")

    def _line(self) -> str:
        states = Counter(self._through.values())
        bad = "".join(f", {states[state]} {state}" for state in ("failed", "unreachable") if states[state])
        return f"{self._verb}: {len(self._through)} of {self._hosts} hosts{bad}"
