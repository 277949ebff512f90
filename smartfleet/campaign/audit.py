"""`audit`: what is on the hosts. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smartfleet.campaign.afterwards import afterwards
from smartfleet.campaign.assessing import keep
from smartfleet.campaign.base import Campaign, state
from smartfleet.campaign.runner import Run
from smartfleet.campaign.taking import Taking
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook


@dataclass(frozen=True)
class Audit:
    """Facts by host with the time they were taken, what they mean, and one outcome for each host that gave none."""

    run: str
    facts: dict[str, tuple[float, HostFacts]]
    assessments: dict[str, HostAssessment]
    troubles: list[Outcome]
    interrupted: bool


def audit(campaign: Campaign, hosts: Sequence[str], users: Sequence[str] = ()) -> Audit:
    """With `users` the other users' profiles are not looked at, so the facts are not kept for later."""
    with campaign.run("audit", hosts) as run:
        taking = Taking(campaign.fleet.config, campaign.controls.progress)
        answers = campaign.execute(
            Run(
                name=run,
                playbook=playbook("audit"),
                inventory=campaign.fleet.inventory,
                folder=campaign.fleet.folder,
                hosts=tuple(hosts),
                variables={"smartfleet_users": list(users)},
                lean=True,
            ),
            replace(campaign.controls, progress=taking.take),
        )
        ends = {name: taking.end(host, interrupted=answers.interrupted) for name, host in answers.hosts.items()}
        troubles = [trouble.outcome_for(name) for name, trouble in ends.items() if trouble]
        # in the order of the run
        facts = {name: taking.facts[name] for name, trouble in ends.items() if not trouble}
        assessments = {name: taking.assessments[name] for name in facts}
        if not users:
            campaign.store.add_facts(run, facts)
            keep(campaign.store, campaign.fleet.config, run, assessments)
        campaign.store.add_outcomes(run, troubles)
        came = [*("audited" for _ in facts), *(one.outcome for one in troubles)]
        campaign.note_end(run, "audit", state(interrupted=answers.interrupted), came)
        campaign.store.finish(run, state(interrupted=answers.interrupted))
    afterwards(campaign, run, hosts)
    return Audit(run, facts, assessments, troubles, answers.interrupted)
