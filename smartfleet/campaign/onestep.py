"""Runs that do one thing on some profiles and end: `rollback` and `purge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from smartfleet.campaign.base import state
from smartfleet.campaign.holding import Hold
from smartfleet.campaign.lost import Losses, left_alone, settle_lost
from smartfleet.campaign.runner import Run
from smartfleet.engines.answers import HostAnswers
from smartfleet.model.results import Outcome


@dataclass(frozen=True)
class Moved:
    """A profile that its host remembers to have moved."""

    user: str
    config_path: str


Profiles = Mapping[str, Sequence[Moved]]
"""By host."""


class Told(Protocol):
    """What a host's answers mean for its profiles."""

    def __call__(self, answers: HostAnswers, *, interrupted: bool) -> list[Outcome]: ...


@dataclass(frozen=True)
class Done:
    """One outcome for every profile, and the answers of the hosts that were begun."""

    run: str
    outcomes: list[Outcome]
    interrupted: bool
    answers: Mapping[str, HostAnswers] = field(default_factory=dict, repr=False)


def carry_out_step(hold: Hold, profiles: Profiles, make: Callable[[Profiles], Run], told: Told) -> Done:
    """`make` is asked for the run of those profiles whose hosts may be begun.

    A host that another run works on is left to it, and one on which a lost worker may still work is left alone.
    """
    campaign = hold.campaign
    alone, losses = left_alone(hold, profiles), Losses()
    outcomes = [
        trouble.outcome_for(host, one.user, one.config_path)
        for host, trouble in alone.troubles.items()
        for one in profiles[host]
    ]
    ours = {host: its for host, its in profiles.items() if host not in alone.troubles}
    if not ours or alone.interrupted:
        return Done(hold.run, outcomes, alone.interrupted)
    controls = replace(campaign.controls, keep_going=hold.is_ours, troubled=losses.note)
    answers = campaign.execute(make(ours), controls)
    for host in answers.hosts.values():
        outcomes += told(host, interrupted=answers.interrupted)
    settle_lost(campaign.store, losses.take(), outcomes)
    return Done(hold.run, outcomes, answers.interrupted, answers.hosts)


def end_step(hold: Hold, verb: str, done: Done) -> None:
    """Writes how it ended, and lets go of the hosts."""
    ended = state(interrupted=done.interrupted)
    hold.campaign.note_end(hold.run, verb, ended, (one.outcome for one in done.outcomes))
    hold.finish(ended)
