"""Writes a run of `apply` down before anything is done, or reads one back that was interrupted."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from smartfleet.campaign.base import Campaign, check_names
from smartfleet.campaign.budget import Kind, wrong
from smartfleet.campaign.canary import Candidate
from smartfleet.campaign.holding import Hold
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.orders import moves, not_touched
from smartfleet.campaign.results import news
from smartfleet.campaign.waves import make_waves
from smartfleet.errors import PlanError, StoreError, UsageError
from smartfleet.model.campaign import HostProgress, RunSettings, Wave
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.model.results import Outcome
from smartfleet.model.runs import RunSummary
from smartfleet.store import Store
from smartfleet.text import visible


@dataclass(frozen=True)
class Begun:
    """A run as the store knows it, driven from here.

    `state` is how it ended the last time; "" for a new one. `gone`: hosts that the inventory does not have any more.
    `judged`: whether all that it did has been judged by the policy.
    """

    hold: Hold
    settings: RunSettings
    waves: list[Wave]
    progress: list[HostProgress]
    outcomes: list[Outcome]
    drifted: frozenset[str] = frozenset()
    gone: Sequence[str] = ()
    state: str = ""
    judged: bool = True

    @property
    def run(self) -> str:
        return self.hold.run


def begin(campaign: Campaign, plan: Plan, settings: RunSettings, only: Collection[str]) -> Begun:
    """A new run over the hosts of the plan (or `only` those of them) that have something to do."""
    store = campaign.store
    wanted = [host for host in plan.hosts if not only or host.host in only]
    work = [host for host in wanted if moves(host)]
    waves = _waves(campaign, work, settings) if work else []
    known = not_touched(wanted)
    store.add_plan(plan)
    run = store.begin("apply", len(work), plan.hash, settings=settings, parent=settings.parent)
    hold = Hold.of(campaign, run)
    # waves name the hosts, so that without them a resume knows that nothing was begun
    store.add_trail("begun", run=run, verb="apply", plan_hash=plan.hash, hosts=[host.host for host in work])
    store.add_outcomes(run, news(store, known))
    progress = [HostProgress(run=run, host=host, wave=wave.number) for wave in waves for host in wave.hosts]
    store.set_progress(progress)
    store.set_waves(run, waves)
    return Begun(hold, settings, waves, progress, known)


def resume(campaign: Campaign, plan: Plan, settings: RunSettings, run: str) -> Begun:
    """A run that was begun before, now driven from here. StoreError store/run-alive while somebody else drives it."""
    store = campaign.store
    summary = store.run(run)
    if summary is None or summary.verb != "apply":
        raise UsageError(
            "campaign/no-such-run",
            f"there is no run of apply with the name {visible(run)}",
            do="smartfleet history shows the runs",
        )
    if summary.plan_hash != plan.hash:
        raise PlanError(
            "campaign/other-plan",
            f"run {visible(run)} carries out another plan",
            why="a run that goes on does what it was begun with",
            do=f"smartfleet apply --resume {visible(run)}",
        )
    hold = Hold.of(campaign, run)
    try:
        store.abandon(run)
        return _read(campaign, plan, settings, hold, summary)
    except BaseException:
        # the queue takes runs by their state, and a stopped one is no business of its
        with contextlib.suppress(StoreError):
            hold.finish(summary.state, news=False)
        raise


def _read(campaign: Campaign, plan: Plan, settings: RunSettings, hold: Hold, summary: RunSummary) -> Begun:
    store, run = campaign.store, hold.run
    waves = store.waves(run)
    if summary.hosts and not waves:
        raise UsageError(
            "campaign/nothing-begun",
            f"run {visible(run)} was cut off before its hosts were written down; nothing was done on any",
            do="smartfleet apply",
        )
    known = {row.host: row for row in store.progress(run)}
    progress = [
        known.get(host, HostProgress(run=run, host=host, wave=wave.number)) for wave in waves for host in wave.hosts
    ]
    touched = {row.host for row in progress}
    rest = [host for host in plan.hosts if not settings.parent or host.host in touched]
    outcomes = [*not_touched(rest), *store.outcomes(run=run)]
    drifted = frozenset(verdict.host for verdict in store.verdicts(run=run) if verdict.verdict == "drift")
    if summary.state == "stopped":
        settings = _forgiving(settings, wrong(outcomes, drifted))
    # the queue, and a resume after this one, go by them
    store.set_settings(run, settings)
    gone, judged = _gone(campaign, progress), _is_judged(store, summary)
    return Begun(hold, settings, waves, progress, outcomes, drifted, gone, summary.state, judged)


def _is_judged(store: Store, summary: RunSummary) -> bool:
    """Not what a process did that died or broke off: a run is judged after it was closed."""
    moment = store.moment_of(summary.run)
    return summary.finished is not None and moment is not None and moment.at >= summary.finished


def _forgiving(settings: RunSettings, found: Mapping[Kind, Collection[str]]) -> RunSettings:
    """A resume of a run that was stopped is the admin's word that it may go on, with what went wrong up to then."""
    before = settings.forgiven
    forgiven = {kind: sorted({*before.get(kind, ()), *hosts}) for kind, hosts in found.items()}
    return settings.model_copy(update={"forgiven": {**before, **forgiven}})


def with_turns(begun: Begun) -> Begun:
    """For an admin's resume: who waits in a wave that is not through has its turn again, others wait for this wave."""
    open_waves = {wave.number for wave in begun.waves if wave.state != "done"}
    rows = [
        row.model_copy(update={"state": "pending"}) if row.state == "waiting" and row.wave in open_waves else row
        for row in begun.progress
    ]
    return replace(begun, progress=rows)


def _gone(campaign: Campaign, progress: Sequence[HostProgress]) -> list[str]:
    known = {host.name for host in campaign.hosts(None)}
    return [row.host for row in progress if row.state != "done" and row.host not in known]


def _waves(campaign: Campaign, work: Sequence[HostPlan], settings: RunSettings) -> list[Wave]:
    inventory = campaign.hosts(None)
    check_names([host.host for host in work], inventory)
    canary = settings.campaign.canary
    if isinstance(canary, list):
        _check_canary(canary, {host.name for host in inventory})
    picking = not isinstance(canary, list) and canary not in (0, "0%")
    return make_waves(_candidates(campaign, work, inventory, look=picking), settings.campaign)


def _check_canary(names: Sequence[str], known: Collection[str]) -> None:
    """A misspelt name must not look like a canary that has nothing to do."""
    missing = [visible(name) for name in names if name not in known]
    if missing:
        raise UsageError(
            "campaign/no-such-canary",
            f"the inventory has no host {', '.join(missing)}, which is named as canary",
            why="without its canary the first wave would be the fleet",
            do="correct campaign.canary, or --canary",
        )


def _candidates(
    campaign: Campaign, work: Sequence[HostPlan], inventory: Sequence[InventoryHost], *, look: bool
) -> list[Candidate]:
    """What hosts stand for is looked up only where canaries are picked."""
    if not look:
        return [Candidate(host.host) for host in work]
    sites = {host.name: str(host.vars.get("smartfleet_site", "")) for host in inventory}
    seen = campaign.store.each_facts([host.host for host in work])
    versions = {host: version_of(facts) for host, _, facts in seen}
    return [Candidate(host.host, sites[host.host], host.os, versions.get(host.host, "")) for host in work]


def version_of(facts: HostFacts) -> str:
    """The client's version, of the first that is installed; "" where none was seen."""
    return next((client.version for client in facts.clients if client.version), "")
