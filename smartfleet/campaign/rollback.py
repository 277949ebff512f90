"""`rollback`: puts the backups of a move back."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import asdict

from smartfleet.campaign import parse
from smartfleet.campaign.afterwards import afterwards
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.holding import Hold
from smartfleet.campaign.onestep import Done, Moved, Profiles, carry_out_step, end_step
from smartfleet.campaign.refresh import keep, look_of
from smartfleet.campaign.runner import Run
from smartfleet.model.facts import HostFacts
from smartfleet.paths import playbook

Facts = Mapping[str, tuple[float, HostFacts]]


def movable_back(facts: Facts, run: str, users: Collection[str]) -> dict[str, list[Moved]]:
    """By host, the profiles with a move (of `run`, or any) that ended or stopped half way, and was not taken back."""
    found: dict[str, list[Moved]] = {}
    for host, (_, seen) in facts.items():
        for profile in seen.profiles:
            moved = any(one.state != "undone" and run in {"", one.run} for one in profile.transactions)
            if moved and (not users or profile.user in users):
                found.setdefault(host, []).append(Moved(profile.user, profile.config.path))
    return found


def rollback(campaign: Campaign, profiles: Profiles, run: str = "") -> Done:
    """Takes back the moves of `profiles`. With `run` only what that run did, else each profile's latest."""
    with campaign.run("rollback", profiles) as own:
        hold = Hold.of(campaign, own)
        done = carry_out_step(hold, profiles, functools.partial(_run, campaign, own, run), parse.restored)
        _keep(campaign, done, profiles)
        campaign.store.add_outcomes(own, done.outcomes)
        end_step(hold, "rollback", done)
    afterwards(campaign, own, list(profiles))
    return done


def _run(campaign: Campaign, own: str, run: str, profiles: Profiles) -> Run:
    return Run(
        name=own,
        playbook=playbook("rollback"),
        inventory=campaign.fleet.inventory,
        folder=campaign.fleet.folder,
        hosts=tuple(profiles),
        variables={"smartfleet_run": run},
        orders={host: {"profiles": [asdict(one) for one in moved]} for host, moved in profiles.items()},
    )


def _keep(campaign: Campaign, done: Done, profiles: Profiles) -> None:
    """How the hosts look now."""
    now = campaign.clock.now()
    looks = {
        host: look_of(answers, {one.user for one in profiles[host]}, now) for host, answers in done.answers.items()
    }
    keep(campaign.store, done.run, {host: look for host, look in looks.items() if look})
