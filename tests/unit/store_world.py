"""Whose process it is, and what time, in tests of the store."""

from __future__ import annotations

from dataclasses import replace

from smartfleet.store import Owner

NOW = 1_790_000_000.0
HERE = Owner.mine()
ELSEWHERE = replace(HERE, host="another-machine")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now
