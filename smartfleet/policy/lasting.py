"""How long an answer of the policy stays what it is while nothing but time goes on. Pure."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple

from smartfleet.policy.cases import DAY, Limits
from smartfleet.policy.evidence import Evidence
from smartfleet.policy.waivers import Accepted

_NEVER = "9999-12-31"
# sums and differences of moments round differently, and nobody asks to the millisecond
_NEAR = 0.001


class Lasting(NamedTuple):
    """Between two moments, in seconds since the epoch, and after one day to the end of another."""

    since: float
    until: float
    after_day: str
    last_day: str

    def holds(self, now: float, today: str) -> bool:
        """`today`: the day of `now` as waivers count it, in the time zone of this machine."""
        return self.since < now < self.until and self.after_day < today <= self.last_day


def lasting(limits: Limits, evidence: Evidence, waivers: Sequence[Accepted], *, by_days: bool) -> Lasting:
    """Around `limits.now`. `waivers` are the host's; `by_days`: whether a check may count whole days."""
    moments = sorted(_moments(limits, evidence, by_days=by_days))
    place = bisect(moments, limits.now)
    over = [one.waiver.until for one in waivers if not one.holds]
    holding = [one.waiver.until for one in waivers if one.holds]
    return Lasting(
        since=moments[place - 1] + _NEAR if place else -inf,
        until=moments[place] - _NEAR if place < len(moments) else inf,
        after_day=max(over, default=""),
        last_day=min(holding, default=_NEVER),
    )


def _moments(limits: Limits, evidence: Evidence, *, by_days: bool) -> Iterator[float]:
    """At which a check may begin to answer something else. Of a host without an audit nothing depends on the time."""
    if evidence.assessment is None:
        return
    taken = evidence.assessment.taken
    yield taken + limits.audit
    for at in evidence.verified.values():
        yield at - DAY
        yield at + limits.verified
    for at in {taken, taken if evidence.last_seen is None else evidence.last_seen}:
        # a time that is still to come counts from a day before
        yield at - DAY
        yield at + limits.unseen
        if by_days:
            whole = (limits.now - at) // DAY
            yield at + whole * DAY
            yield at + (whole + 1) * DAY
