"""The three ways to a run of `apply`: a plan, a run that was interrupted, hosts of an earlier run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from smartfleet.campaign.budget import FAILED, UNREACHABLE
from smartfleet.campaign.orders import moves
from smartfleet.campaign.results import key
from smartfleet.campaign.tries import waits
from smartfleet.cli.going import Wishes
from smartfleet.cli.output import profiles_text
from smartfleet.errors import UsageError
from smartfleet.model.campaign import CampaignSettings, RunSettings
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome
from smartfleet.model.runs import RunSummary
from smartfleet.store import Store
from smartfleet.text import number_of, visible

Kind = Literal["failed", "unreachable", "waiting"]
_NAMED = {"failed": "host that failed", "unreachable": "host that could not be reached", "waiting": "host that waits"}
# audits and verifications may lie between
_RUNS = 100


@dataclass(frozen=True)
class Intent:
    """What shall be done, and the question that an admin has to answer first; "" where nothing is to be done."""

    plan: Plan
    settings: RunSettings
    question: str
    resume: str = ""
    only: frozenset[str] = frozenset()
    parent: str = ""


def of_plan(campaign: CampaignSettings, plan: Plan, wishes: Wishes) -> Intent:
    settings = wishes.of(RunSettings(campaign=campaign))
    work = sum(len(moves(host)) for host in plan.hosts)
    return Intent(plan, settings, f"Move {profiles_text(work)} as planned?" if work else "")


def of_resume(store: Store, name: str, wishes: Wishes) -> Intent:
    """Goes on with the run `name`, with its own settings but for what is wished now."""
    run = _run(store, name)
    divided = wishes.divides()
    if divided:
        raise UsageError(
            "usage/waves-are-made",
            f"{divided[0]} cannot be changed any more: the hosts of run {run.run} are divided into waves already",
            do=f"leave {' and '.join(divided)} out",
        )
    settings = wishes.of(store.settings(name) or RunSettings())
    left = sum(row.state != "done" for row in store.progress(name))
    question = f"Go on with run {run.run} of {visible(run.admin)}, {number_of(left, 'host')} of {run.hosts:,} left?"
    return Intent(_plan(store, run), settings, question if left else "", resume=name)


def of_retry(campaign: CampaignSettings, store: Store, kind: Kind, before: str, wishes: Wishes) -> Intent:
    """Those hosts of the run `before` that came to nothing, and still have not; without it of the last that has any."""
    if before:
        run = _run(store, before)
        hosts = _hosts_of(store, run, kind)
    else:
        run, hosts = _last(store, kind)
    if not hosts:
        raise UsageError(
            "usage/nothing-to-retry",
            f"run {run.run} has no {_NAMED[kind]}",
            do="see where the fleet stands: smartfleet status",
        )
    if run.driven:
        raise _under_way(run)
    if kind != "failed" and run.state == "waiting" and run.run in store.queued(time.time()):
        raise _queued(run)
    settings = wishes.of(RunSettings(campaign=campaign))
    question = f"Try {number_of(len(hosts), 'host')} of run {run.run} again?"
    return Intent(_plan(store, run), settings, question, only=hosts, parent=run.run)


def _under_way(run: RunSummary) -> UsageError:
    return UsageError(
        "usage/run-goes-on",
        f"run {run.run} of {visible(run.admin)} is being carried out",
        why="it has the hosts that it works on, and a second run would find them locked",
        do="wait until it is done, or stop it where it runs (Ctrl-C): smartfleet status tells how far it is",
    )


def _queued(run: RunSummary) -> UsageError:
    """Nobody works on these hosts now, and nobody has them: they are only promised to a run."""
    return UsageError(
        "usage/run-goes-on",
        f"these hosts wait in the queue of run {run.run}, which tries them again by itself",
        why="a second run would try the same hosts beside it, and each would count them as its own",
        do="see when each is tried next: smartfleet queue; try those that are due now: smartfleet queue run",
    )


def _last(store: Store, kind: Kind) -> tuple[RunSummary, frozenset[str]]:
    for run in store.runs(_RUNS):
        if run.verb == "apply" and (hosts := _hosts_of(store, run, kind)):
            return run, hosts
    raise UsageError(
        "usage/nothing-to-retry",
        f"there is no {_NAMED[kind]}",
        do="see where the fleet stands: smartfleet status",
    )


def _hosts_of(store: Store, run: RunSummary, kind: Kind) -> frozenset[str]:
    """With something to do in its plan, and a profile that no later run brought to another end."""
    found = [one for one in store.each_outcome(run=run.run) if is_of(one, kind)]
    if not found:
        return frozenset()
    plan = store.plan(run.plan_hash)
    busy = {host.host for host in plan.hosts if moves(host)} if plan else set()
    hosts = sorted({one.host for one in found} & busy)
    now = {key(one): one for one in store.each_outcome(hosts)}
    return frozenset(one.host for one in found if one.host in busy and is_of(now[key(one)], kind))


def is_of(outcome: Outcome, kind: Kind) -> bool:
    """A host may have said no for a reason that was mended meanwhile; one that another run has waits."""
    if kind == "unreachable":
        return outcome.outcome in UNREACHABLE
    if kind == "waiting":
        return waits(outcome)
    return outcome.outcome in FAILED or (outcome.outcome == "refused" and not waits(outcome))


def _run(store: Store, name: str) -> RunSummary:
    run = store.run(name)
    if run is None or run.verb != "apply":
        raise UsageError(
            "usage/no-such-run",
            f"there is no run of apply with the name {visible(name)}",
            do="see which there are: smartfleet status",
        )
    return run


def _plan(store: Store, run: RunSummary) -> Plan:
    plan = store.plan(run.plan_hash)
    if plan is None:
        raise UsageError(
            "usage/no-such-plan",
            f"the store does not hold the plan of run {run.run} any more",
            why="a run goes on with the plan that it was begun with",
            do="audit and plan again",
        )
    return plan
