"""`fix --purge`: deletes second copies that a cure has set aside. There is no way back from it."""

from __future__ import annotations

import functools
from dataclasses import asdict

from smartfleet.campaign import parse
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.holding import Hold
from smartfleet.campaign.onestep import Done, Profiles, carry_out_step, end_step
from smartfleet.campaign.runner import Run
from smartfleet.paths import playbook


def purge(campaign: Campaign, profiles: Profiles) -> Done:
    """Deletes what the latest cure of each of the profiles has set aside: cured where a copy was deleted, already where
    there was none.

    The outcomes are no news of the profiles, which stay what the cure made of them; so only the trail keeps them.
    """
    with campaign.run("purge", profiles) as own:
        hold = Hold.of(campaign, own)
        done = carry_out_step(hold, profiles, functools.partial(_run, campaign, own), parse.purged)
        end_step(hold, "purge", done)
    return done


def _run(campaign: Campaign, own: str, profiles: Profiles) -> Run:
    return Run(
        name=own,
        playbook=playbook("purge"),
        inventory=campaign.fleet.inventory,
        folder=campaign.fleet.folder,
        hosts=tuple(profiles),
        orders={host: {"run": own, "profiles": [asdict(one) for one in some]} for host, some in profiles.items()},
    )
