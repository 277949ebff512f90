"""`rollback`: puts the backups of a move back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from smartfleet.campaign import parse
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.refresh import refresh
from smartfleet.campaign.runner import Run, run_playbook
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook

Facts = Mapping[str, tuple[float, HostFacts]]


@dataclass(frozen=True)
class RolledBack:
    """One outcome for every profile that was taken back, or could not be."""

    run: str
    outcomes: list[Outcome]
    interrupted: bool


@dataclass(frozen=True)
class Moved:
    """A profile that its host remembers to have moved."""

    user: str
    config_path: str


def movable_back(facts: Facts, run: str, users: Collection[str]) -> dict[str, list[Moved]]:
    """By host, the profiles with a finished move (of `run`, or any) that was not taken back since."""
    found: dict[str, list[Moved]] = {}
    for host, (_, seen) in facts.items():
        for profile in seen.profiles:
            done = any(one.state == "done" and run in {"", one.run} for one in profile.transactions)
            if done and (not users or profile.user in users):
                found.setdefault(host, []).append(Moved(profile.user, profile.config.path))
    return found


def rollback(campaign: Campaign, profiles: Mapping[str, Sequence[Moved]], run: str = "") -> RolledBack:
    """Takes back the moves of `profiles` (by host). With `run` only what that run did, else each profile's latest."""
    with campaign.run("rollback", len(profiles)) as own:
        answers = run_playbook(
            Run(
                playbook=playbook("rollback"),
                inventory=campaign.fleet.inventory,
                folder=campaign.fleet.folder,
                hosts=tuple(profiles),
                variables={"smartfleet_run": run},
                orders={host: {"profiles": [asdict(one) for one in moved]} for host, moved in profiles.items()},
            ),
            campaign.controls,
        )
        outcomes = [
            outcome
            for host in answers.hosts.values()
            for outcome in parse.restored(host, interrupted=answers.interrupted)
        ]
        campaign.store.add_outcomes(own, outcomes)
        refresh(campaign.store, own, answers, {host: {one.user for one in moved} for host, moved in profiles.items()})
        campaign.store.finish(own, state(interrupted=answers.interrupted))
    return RolledBack(own, outcomes, answers.interrupted)
