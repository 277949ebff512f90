"""When a waiting host is tried again. Pure: time and chance are handed in."""

from __future__ import annotations

import random

_MOST = 8
_JITTER = 0.1


def next_try(now: float, every: float, attempts: int, chance: random.Random, *, away: bool) -> float:
    """Seconds since the epoch. A host that stays `away` is asked less often: `every` doubles up to eight times it.

    A host that answers, and waits for its user, is asked every time: `attempts` does not count there.
    """
    times = min(2 ** max(0, attempts - 1), _MOST) if away else 1
    return now + every * times * chance.uniform(1 - _JITTER, 1 + _JITTER)


def longest(every: float) -> float:
    """Seconds between two tries at the most."""
    return every * _MOST * (1 + _JITTER)


def is_due(now: float, next_at: float | None, longest_wait: float) -> bool:
    """Whether a host may be tried; a time further away than any wait tells of a clock that was put back."""
    return next_at is None or next_at <= now or next_at - now > longest_wait
