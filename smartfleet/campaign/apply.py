"""`apply`: carries out a plan, on exactly the hosts that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smartfleet.campaign import parse
from smartfleet.campaign.base import Campaign, check_names, state
from smartfleet.campaign.refresh import refresh
from smartfleet.campaign.runner import Run, run_playbook
from smartfleet.model.plan import HostPlan, Plan, ProfileMove, ProfilePlan
from smartfleet.model.results import Outcome
from smartfleet.paths import playbook
from smartfleet.store import Store


@dataclass(frozen=True)
class Applied:
    """One outcome for every profile of the plan."""

    run: str
    outcomes: list[Outcome]
    interrupted: bool


def apply(campaign: Campaign, plan: Plan, *, check: bool = False) -> Applied:
    """Hosts without anything to do are not even connected to. With `check` hosts only tell what they would do."""
    work = [host for host in plan.hosts if moves(host)]
    campaign.store.add_plan(plan)
    with campaign.run("check" if check else "apply", len(work), plan.hash) as run:
        outcomes = list(_not_touched(plan.hosts))
        interrupted = False
        if work:
            check_names([host.host for host in work], campaign.hosts(None))
            answers = run_playbook(_run(campaign, run, work, check=check), campaign.controls)
            interrupted = answers.interrupted
            for host in work:
                outcomes += parse.moved(answers.hosts[host.host], moves(host), interrupted=interrupted)
            if not check:
                refresh(campaign.store, run, answers, {h.host: {m.user for m in moves(h)} for h in work})
        if not check:
            campaign.store.add_outcomes(run, list(_news(campaign.store, outcomes)))
        campaign.store.finish(run, state(interrupted=interrupted))
    return Applied(run, outcomes, interrupted)


def moves(host: HostPlan) -> list[ProfileMove]:
    """What is really done on a host."""
    return [profile.move for profile in host.profiles if profile.move and profile.action in {"move", "resume"}]


def orders(run: str, hosts: Sequence[HostPlan]) -> dict[str, dict[str, Any]]:
    """What the playbook reads for each host; see docs/playbooks.md."""
    return {
        host.host: {
            "run": run,
            "install": host.install.model_dump(mode="json") if host.install else None,
            "profiles": [move.model_dump(mode="json") for move in moves(host)],
        }
        for host in hosts
        if moves(host)
    }


def _run(campaign: Campaign, run: str, work: Sequence[HostPlan], *, check: bool) -> Run:
    return Run(
        playbook=playbook("apply"),
        inventory=campaign.fleet.inventory,
        folder=campaign.fleet.folder,
        hosts=tuple(host.host for host in work),
        orders=orders(run, work),
        check=check,
    )


def _news(store: Store, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Without those that say "already" of a profile that an earlier run moved: its steps and proofs stay the news."""
    before = {(o.host, o.user, o.config_path): o.outcome for o in store.outcomes(sorted({o.host for o in outcomes}))}
    for one in outcomes:
        if not (one.outcome == "already" and before.get((one.host, one.user, one.config_path)) == "moved"):
            yield one


def _not_touched(hosts: Iterable[HostPlan]) -> Iterable[Outcome]:
    for host in hosts:
        for profile in host.profiles:
            if profile.action == "none":
                yield _outcome(host.host, profile, refused=False)
            elif profile.action == "refuse":
                yield _outcome(host.host, profile, refused=True)


def _outcome(host: str, profile: ProfilePlan, *, refused: bool) -> Outcome:
    reason = profile.reason
    return Outcome(
        host=host,
        user=profile.user,
        config_path=profile.config_path,
        outcome="refused" if refused else "already",
        code=reason.code if reason else "",
        message=reason.message if reason else "",
        do=reason.do if reason else "",
    )
