"""``apply --check``: hosts tell what they would do, and change nothing."""

from __future__ import annotations

from smartfleet.campaign import parse
from smartfleet.campaign.base import Campaign, check_names, state
from smartfleet.campaign.carrying import Applied
from smartfleet.campaign.orders import moves, not_touched, orders
from smartfleet.campaign.runner import Run
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook


def rehearse(campaign: Campaign, plan: Plan) -> Applied:
    """All hosts at once: nothing is changed, so there are no waves, no budget and no locks. No outcome is kept."""
    work = [host for host in plan.hosts if moves(host)]
    outcomes = not_touched(plan.hosts)
    interrupted = False
    campaign.store.add_plan(plan)
    with campaign.run("check", [host.host for host in work], plan.hash) as run:
        if work:
            told, interrupted = _asked(campaign, run, work)
            outcomes += told
        campaign.note_end(run, "check", state(interrupted=interrupted), (one.outcome for one in outcomes))
        campaign.store.finish(run, state(interrupted=interrupted))
    return Applied(run, outcomes, "interrupted" if interrupted else "done", [], interrupted=interrupted)


def _asked(campaign: Campaign, run: str, work: list[HostPlan]) -> tuple[list[Outcome], bool]:
    check_names([host.host for host in work], campaign.hosts(None))
    answers = campaign.execute(
        Run(
            playbook=playbook("apply"),
            inventory=campaign.fleet.inventory,
            folder=campaign.fleet.folder,
            hosts=tuple(host.host for host in work),
            orders=orders(run, work),
            check=True,
        ),
        campaign.controls,
    )
    told = [
        outcome
        for host in work
        for outcome in parse.rehearsed(answers.hosts[host.host], moves(host), interrupted=answers.interrupted)
    ]
    return told, answers.interrupted
