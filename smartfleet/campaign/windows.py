"""When hosts may be begun: maintenance windows in the clocks of their time zones. Pure.

Local times mean what RFC 5545 makes of them: one that the clock shows twice is the first of the two, one that it skips
is as long after midnight as if nothing were skipped (02:30 is 03:30 then).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from smartfleet.model.campaign import MaintenanceWindow

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# a window opens once a week, but for the day on which the clock skips all of it, and may have begun the day before
_FROM, _TO = -2, 16

Span = tuple[float, float]


def open_until(windows: Sequence[MaintenanceWindow], now: float) -> float | None:
    """When the windows that are open at `now` (seconds since the epoch) close; None if none is open.

    A window that opens before another one closes goes on with it. Without any window that is for ever.
    """
    if not windows:
        return float("inf")
    end = None
    for begin, close in sorted(span for window in windows for span in _spans(window, now)):
        if begin <= (now if end is None else end) and close > (now if end is None else end):
            end = close
    return end


def next_opening(windows: Sequence[MaintenanceWindow], now: float) -> float:
    """`now` if a window is open, else when the next one opens."""
    if open_until(windows, now) is not None:
        return now
    return min(begin for window in windows for begin, _ in _spans(window, now) if begin > now)


def _spans(window: MaintenanceWindow, now: float) -> Iterator[Span]:
    """The window around `now`, each time that it opens."""
    zone = ZoneInfo(window.zone)
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    today = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    for days in range(_FROM, _TO):
        day = today + timedelta(days=days)
        if _DAYS[day.weekday()] in window.days:
            last = day if end > start else day + timedelta(days=1)
            span = _moment(day, start, zone), _moment(last, end, zone)
            # a start that the clock skips may come after an end that it does not
            if span[0] < span[1]:
                yield span


def _moment(day: date, clock: time, zone: ZoneInfo) -> float:
    return datetime.combine(day, clock, zone).timestamp()
