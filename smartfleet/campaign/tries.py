"""What a try at a host came to, for the run as a whole: done, waiting, or still to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartfleet.campaign.backoff import next_try
from smartfleet.campaign.base import Clock
from smartfleet.campaign.budget import UNREACHABLE
from smartfleet.campaign.trouble import SHARD_REFUSED, is_lost
from smartfleet.model.campaign import HostProgress, HostState, RunSettings
from smartfleet.model.results import WORST_FIRST, Outcome

_WAITING = frozenset({"waiting-online", "waiting-session", "waiting-sign-in"})
HELD = frozenset({"host-locked", "lock-held", SHARD_REFUSED})
"""Refusals that have nothing to do with the host itself: another run has it, or no worker took its shard."""
POSTPONED = "postponed"
NOT_BEGUN = "not-begun"
CUT_OFF = frozenset({NOT_BEGUN, "cancelled"})
"""Codes of hosts that the end of a run kept from being done: a resume takes them first."""


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The one that says most about the host: a held host waits, so it goes before an ordinary refusal."""
    return min(outcomes, key=lambda one: (WORST_FIRST.index(one.outcome), one.code not in HELD), default=None)


def waits(outcome: Outcome) -> bool:
    """Whether another try later can end otherwise with nobody doing anything about the host."""
    return outcome.outcome in _WAITING or (outcome.outcome == "refused" and outcome.code in HELD) or is_lost(outcome)


def is_open(outcome: Outcome) -> bool:
    """Whether a profile with this outcome is tried again with its host."""
    return waits(outcome) or _is_cut_off(outcome)


def _is_cut_off(outcome: Outcome) -> bool:
    return outcome.outcome in {"unknown", "prepared"} and outcome.code in CUT_OFF


def is_not_begun(outcomes: Iterable[Outcome]) -> bool:
    """Whether the host's turn did not come."""
    return all(one.code == NOT_BEGUN for one in outcomes)


def state_of(outcomes: Sequence[Outcome]) -> HostState:
    if any(_is_cut_off(one) for one in outcomes):
        return "pending"
    return "waiting" if any(waits(one) for one in outcomes) else "done"


def tried(
    before: HostProgress, outcomes: Sequence[Outcome], settings: RunSettings, clock: Clock, put_off: float | None = None
) -> HostProgress:
    """How far the host is after a try that left it with these outcomes; `before` already counts the try.

    `put_off`: the time to which a user postponed it.
    """
    state, shown = state_of(outcomes), worst(outcomes)
    if before.state == "waiting" and state == "pending":
        # cut off in the queue: it is the queue's to try again
        state = "waiting"
    return before.model_copy(
        update={
            "state": state,
            "next_at": _next(before, outcomes, settings, clock, put_off) if state == "waiting" else None,
            "outcome": shown.outcome if shown else "",
            "code": shown.code if shown else "",
        }
    )


def _next(
    before: HostProgress, outcomes: Sequence[Outcome], settings: RunSettings, clock: Clock, put_off: float | None
) -> float:
    """A host that waits for nothing but a user who put it off is left alone until then."""
    if put_off is not None and all(one.code == POSTPONED for one in outcomes if waits(one)):
        return put_off
    away = any(one.outcome in UNREACHABLE for one in outcomes)
    return next_try(clock.now(), settings.every, before.attempts, clock.chance, away=away)
