"""What to do next, from what is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome

_LISTS = ("moved", "already", "waiting-online", "waiting-session", "waiting-sign-in", "refused", "failed", "unknown")


def by_outcome(outcomes: Iterable[Outcome]) -> str:
    """The hosts of each outcome, a line each; the list behind the colon is fit for --limit."""
    lines = []
    found = list(outcomes)
    for name in (*_LISTS, "rolled-back", "prepared"):
        hosts = sorted({outcome.host for outcome in found if outcome.outcome == name})
        if hosts:
            lines.append(f"{name}: {','.join(hosts)}")
    return "\n".join(lines)


def after_apply(outcomes: Sequence[Outcome], *, work: int, check: bool) -> tuple[str, str]:
    """The end of `apply`: hosts by outcome, and the next command ("" if there is none)."""
    if check:
        return "nothing was changed: hosts only told what they would do", ""
    lists = by_outcome(outcomes)
    if not work:
        return f"{lists}\nnothing to do: nothing was changed".lstrip(), _mend(outcomes)
    moved = sorted({outcome.host for outcome in outcomes if outcome.outcome == "moved"})
    if moved:
        return lists, f"smartfleet verify --limit {','.join(moved)}" if len(moved) <= 10 else "smartfleet verify"
    waiting = any(outcome.outcome.startswith("waiting") for outcome in outcomes)
    return lists, _mend(outcomes) or ("smartfleet status" if waiting else "")


def _mend(outcomes: Sequence[Outcome]) -> str:
    bad = sorted({o.host for o in outcomes if o.outcome in {"failed", "refused", "unknown"}})
    return f"smartfleet show {bad[0]}" if bad else ""


def for_fleet(data: ReportData) -> str:
    """The next command for the state of a fleet."""
    head = data.headline
    waiting = sum(count for name, count in head.outcomes.items() if name.startswith("waiting"))
    if not head.hosts_seen:
        return "smartfleet audit"
    if head.on_old_server > waiting:
        return "smartfleet plan"
    if any(not folder.level for profile in data.profiles for folder in profile.folders):
        return "smartfleet verify"
    return "smartfleet apply" if waiting else "smartfleet report"
