"""`audit`: what is on the hosts. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from smartfleet.campaign import parse
from smartfleet.campaign.afterwards import afterwards
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.runner import Run
from smartfleet.campaign.trouble import Trouble
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook


@dataclass(frozen=True)
class Audit:
    """Facts by host with the time they were taken, and one outcome for each host that gave none."""

    run: str
    facts: dict[str, tuple[float, HostFacts]]
    troubles: list[Outcome]
    interrupted: bool


def audit(campaign: Campaign, hosts: Sequence[str], users: Sequence[str] = ()) -> Audit:
    """With `users` the other users' profiles are not looked at, so the facts are not kept for later."""
    with campaign.run("audit", hosts) as run:
        answers = campaign.execute(
            Run(
                name=run,
                playbook=playbook("audit"),
                inventory=campaign.fleet.inventory,
                folder=campaign.fleet.folder,
                hosts=tuple(hosts),
                variables={"smartfleet_users": list(users)},
            ),
            campaign.controls,
        )
        facts: dict[str, tuple[float, HostFacts]] = {}
        troubles: list[Outcome] = []
        for name, host in answers.hosts.items():
            found = parse.facts(host, interrupted=answers.interrupted)
            if isinstance(found, Trouble):
                troubles.append(found.outcome_for(name))
            else:
                facts[name] = (time.time(), found)
        if not users:
            campaign.store.add_facts(run, facts)
        campaign.store.add_outcomes(run, troubles)
        came = [*("audited" for _ in facts), *(one.outcome for one in troubles)]
        campaign.note_end(run, "audit", state(interrupted=answers.interrupted), came)
        campaign.store.finish(run, state(interrupted=answers.interrupted))
    afterwards(campaign, run, hosts)
    return Audit(run, facts, troubles, answers.interrupted)
