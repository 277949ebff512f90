"""What to do next, from what is known. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from smartfleet.campaign.ending import next_command
from smartfleet.model.campaign import RunState
from smartfleet.model.results import Outcome
from smartfleet.model.runs import RunSummary
from smartfleet.report.data import Figures

_VERIFY = "smartfleet verify"
_TELL = "smartfleet notify sign-in"
_NAMES = 10
_BAD = {"failed", "refused", "unknown"}


def after_apply(
    outcomes: Sequence[Outcome], *, run: str, state: RunState = "done", limits: Mapping[str, str] | None = None
) -> list[str]:
    """The commands after a run of `apply`, the first one first; none if nothing is left to do.

    `limits` names for an outcome its hosts as ``--limit`` takes them, for when they are many.
    """
    look = [*_look(outcomes), *_tell(outcomes)] if state != "interrupted" else []
    prove = _prove(outcomes, limits or {}) if state in {"done", "waiting"} else []
    most_likely = next_command(run, state, outcomes)
    return [*prove, *look, *([] if not most_likely or most_likely == _VERIFY else [most_likely])]


def resume(run: str) -> str:
    return f"smartfleet apply --resume {shlex.quote(run)}"


def _prove(outcomes: Sequence[Outcome], limits: Mapping[str, str]) -> list[str]:
    moved = sorted({outcome.host for outcome in outcomes if outcome.outcome == "moved"})
    if not moved:
        return []
    limit = shlex.quote(",".join(moved)) if len(moved) <= _NAMES else limits.get("moved", "")
    return [f"{_VERIFY} --limit {limit}" if limit else _VERIFY]


def _look(outcomes: Sequence[Outcome]) -> list[str]:
    bad = sorted({outcome.host for outcome in outcomes if outcome.outcome in _BAD})
    return [f"smartfleet show {shlex.quote(bad[0])}"] if bad else []


def _tell(outcomes: Sequence[Outcome]) -> list[str]:
    """Users who have to sign in are to be told."""
    return [_TELL] if any(outcome.outcome == "waiting-sign-in" for outcome in outcomes) else []


def for_runs(runs: Sequence[RunSummary], waiting: Mapping[str, int]) -> str:
    """What was begun is ended first, then hosts that wait; "" if there is nothing of both.

    `runs` are the newest first; `waiting` counts the hosts of runs that try them again.
    """
    later = 0
    for run in runs:
        # a smaller one after it, for example of `fix`, does not take its place
        if is_unfinished(run) and run.hosts > later:
            return resume(run.run)
        later = max(later, run.hosts if run.verb == "apply" else 0)
    return "smartfleet queue run" if waiting and not any(run.driven for run in runs) else ""


def is_unfinished(run: RunSummary) -> bool:
    """A run of `apply` that was interrupted or stopped, that broke off, or whose process died."""
    return run.verb == "apply" and not run.driven and run.state in {"interrupted", "stopped", "failed", "running"}


def for_fleet(figures: Figures) -> str:
    """The next command for the state of a fleet."""
    head = figures.headline()
    if not head.hosts_seen:
        return "smartfleet audit"
    if figures.unplanned:
        return "smartfleet plan"
    if figures.unproven:
        return "smartfleet verify"
    waiting = {outcome for outcome in head.outcomes if outcome.startswith("waiting")}
    if waiting == {"waiting-sign-in"}:
        return _TELL
    return "smartfleet apply" if waiting else "smartfleet report"
