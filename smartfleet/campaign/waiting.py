"""Waits, now and then doing what must be done meanwhile; Ctrl-C ends it at once."""

from __future__ import annotations

from collections.abc import Callable

from smartfleet.campaign.base import Clock

_SLICE = 15.0


def wait(clock: Clock, until: float, meanwhile: Callable[[], None]) -> None:
    """Until that time, in seconds since the epoch. A clock that is put back does not make it longer."""
    left = until - clock.now()
    while left > 0 and clock.now() < until:
        seconds = min(left, _SLICE)
        clock.sleep(seconds)
        left -= seconds
        meanwhile()
