"""A moment of the fleet as admins name it: a run, a date, or how long ago."""

from __future__ import annotations

import re
from datetime import datetime

from smartfleet.durations import parse_duration
from smartfleet.errors import UsageError
from smartfleet.model.diff import Moment
from smartfleet.store import Store
from smartfleet.text import visible

_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_DURATION = re.compile(r"[\dDHMSdhms]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")


def resolve_moment(store: Store, text: str, now: float) -> Moment:
    """The run after which the fleet stood as it did then; the first one if `text` names a time before it.

    `text`: a run, a date (``2026-09-01``, ``2026-09-01 14:30``; the machine's time without a zone), or how long ago
    (``7d``). `now`: seconds since the epoch. Raises UsageError.
    """
    plain = text.strip()
    first = store.first_moment()
    if first is None:
        raise UsageError(
            "diff/no-history",
            "no run has been judged yet, so there is nothing to compare with",
            why="what the policy says is kept at the end of each run",
            do="smartfleet audit",
        )
    if _RUN.fullmatch(plain):
        return _of_run(store, plain)
    return store.moment_at(_time(plain, now)) or first


def _of_run(store: Store, name: str) -> Moment:
    found = store.moment_of(name)
    if found:
        return found
    run = store.run(name)
    if run is None:
        raise UsageError(
            "diff/no-such-run", f"there is no run {visible(name)}", do="see which there are: smartfleet status"
        )
    # one that looks at nothing, for example that of a notice, leaves the fleet as the run before it did
    before = store.moment_at(run.finished or run.started)
    if before is None:
        raise UsageError(
            "diff/not-judged",
            f"it is not known how the fleet stood after run {visible(name)}",
            why="no run had been judged by then, or it was so long ago that it is not kept any more",
            do="name a later run: smartfleet history",
        )
    return before


def _time(text: str, now: float) -> float:
    try:
        at = now - parse_duration(text) if _DURATION.fullmatch(text) else _date(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            "diff/bad-moment",
            f"{visible(text)!r} is no run, no date and no length of time",
            do="write a run as smartfleet status shows it, 2026-09-01, '2026-09-01 14:30' or 7d",
        ) from error
    if at > now:
        raise UsageError("diff/bad-moment", f"{visible(text)} is still to come", do="name a time that is over")
    return at


def _date(text: str) -> float:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).timestamp()
