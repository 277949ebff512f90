"""Tells on stderr how far a run is: a line that moves on a terminal, now and then a line on a pipe."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.status import Status

from smartfleet.cli.remarks import Remarks
from smartfleet.durations import duration_text, rounded
from smartfleet.engines.answers import PROBE, Answer

_SECONDS_BETWEEN_LINES = 30.0
# fewer hosts than this tell nothing of the speed
_FEW = 3


class Progress:
    """Counts the hosts that are through. Use it as a context, and `tell` as the run's progress."""

    def __init__(self, verb: str, hosts: int) -> None:
        self._verb = verb
        self._hosts = hosts
        self._through: dict[str, str] = {}
        self._console = Console(stderr=True, highlight=False, emoji=False, markup=False)
        self._status = Status(self._line(), console=self._console) if self._console.is_terminal else None
        self._begun = self._told = time.monotonic()
        self._remarks = Remarks(self._say)

    def __enter__(self) -> Self:
        self._remarks.__enter__()
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
        self._remarks.__exit__(kind, error, trace)

    def tell(self, answer: Answer) -> None:
        if not (answer.ours or answer.action == PROBE) or answer.state == "skipped":
            return
        self._through[answer.host] = answer.state
        if self._status:
            self._status.update(self._line())
        elif time.monotonic() - self._told > _SECONDS_BETWEEN_LINES:
            self.notify(self._line())

    def notify(self, message: str) -> None:
        """Called from signal handlers too."""
        self._told = time.monotonic()
        self._remarks.put(message)

    def _say(self, message: str) -> None:
        if self._status:
            self._console.print(message)
        else:
            # not through rich: it would wrap the line at a width that a pipe has not
            with contextlib.suppress(BrokenPipeError):
                click.echo(message, err=True)

    def _line(self) -> str:
        states = Counter(self._through.values())
        bad = "".join(f", {states[state]} {state}" for state in ("failed", "unreachable") if states[state])
        return f"{self._verb}: {len(self._through)} of {self._hosts} hosts{bad}{self._left(states)}"

    def _left(self, states: Counter[str]) -> str:
        """How long it will take, from the hosts that were worked on: those that are away are told at once."""
        worked, left = len(self._through) - states["unreachable"], self._hosts - len(self._through)
        if worked < _FEW or not left:
            return ""
        seconds = left * (time.monotonic() - self._begun) / worked
        return f", about {duration_text(rounded(seconds))} left"
