"""`rollback`: puts the backups of a move back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smartfleet.campaign import parse
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.refresh import refresh
from smartfleet.campaign.runner import Run, run_playbook
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook
from smartfleet.store import Store


@dataclass(frozen=True)
class RolledBack:
    """One outcome for every profile that was taken back, or could not be."""

    run: str
    outcomes: list[Outcome]
    interrupted: bool


def movable_back(store: Store, hosts: Sequence[str], run: str, users: Sequence[str]) -> dict[str, list[Outcome]]:
    """By host, the profiles that the store says were moved (by `run`, or at last) and not taken back since."""
    found: dict[str, list[Outcome]] = {}
    for outcome in store.outcomes(hosts, run=run):
        moved = outcome.outcome in {"moved", "waiting-sign-in"} and (outcome.changed or outcome.backup)
        if moved and (not users or outcome.user in users):
            found.setdefault(outcome.host, []).append(outcome)
    return found


def rollback(campaign: Campaign, profiles: Mapping[str, Sequence[Outcome]], run: str = "") -> RolledBack:
    """Takes back the moves of `profiles` (by host). With `run` only what that run did, else each profile's latest."""
    with campaign.run("rollback", len(profiles)) as own:
        answers = run_playbook(
            Run(
                playbook=playbook("rollback"),
                inventory=campaign.fleet.inventory,
                folder=campaign.fleet.folder,
                hosts=tuple(profiles),
                variables={"smartfleet_run": run},
                orders={
                    host: {"profiles": [{"user": o.user, "config_path": o.config_path} for o in outcomes]}
                    for host, outcomes in profiles.items()
                },
            ),
            campaign.controls,
        )
        outcomes = [
            outcome
            for host in answers.hosts.values()
            for outcome in parse.restored(host, interrupted=answers.interrupted)
        ]
        campaign.store.add_outcomes(own, outcomes)
        refresh(campaign.store, own, answers, {host: {o.user for o in done} for host, done in profiles.items()})
        campaign.store.finish(own, state(interrupted=answers.interrupted))
    return RolledBack(own, outcomes, answers.interrupted)
