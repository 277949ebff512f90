"""How a run ends: its state, its outcomes, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from smartfleet.campaign.budget import FAILED
from smartfleet.campaign.orders import moves
from smartfleet.campaign.results import Results
from smartfleet.campaign.tries import waits
from smartfleet.campaign.trouble import silent
from smartfleet.model.campaign import HostProgress, RunState
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome


def state_of(progress: Iterable[HostProgress], until: float | None, now: float) -> RunState:
    """Of a run that nobody stopped. While it has time, its waiting hosts are the queue's."""
    states = {row.state for row in progress}
    if "waiting" in states and until is not None and now < until:
        return "waiting"
    return "interrupted" if states & {"pending", "running"} else "done"


def all_outcomes(plan: Plan, results: Results, run: str) -> list[Outcome]:
    """In the plan's order, with a word for each profile whose turn did not come."""
    found = []
    for host in plan.hosts:
        told = results.of(host.host)
        row = results.progress.get(host.host)
        if row is not None and row.state in {"pending", "running"}:
            known = {(one.user, one.config_path) for one in told}
            # the same command once more would be another run, with waves and a budget of its own
            trouble = replace(silent(host.host, interrupted=True), do=_resume(run))
            missing = [one for one in moves(host) if (one.user, one.config_path) not in known]
            told += [trouble.outcome_for(host.host, one.user, one.config_path) for one in missing]
        found += told
    return found


def next_command(run: str, state: RunState, outcomes: Sequence[Outcome]) -> str:
    """What an admin most likely wants then; "" if nothing is left to do."""
    names = {one.outcome for one in outcomes}
    if state in {"interrupted", "stopped", "failed", "running"}:
        return _resume(run)
    if state == "waiting":
        return "smartfleet queue run"
    if names & FAILED:
        return f"smartfleet apply --retry failed --run {run}"
    if any(waits(one) for one in outcomes):
        return f"smartfleet apply --retry waiting --run {run}"
    return "smartfleet verify" if "moved" in names else ""


def _resume(run: str) -> str:
    return f"smartfleet apply --resume {run}"
