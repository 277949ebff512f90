"""What to do next, from what is known. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome


def after_apply(outcomes: Sequence[Outcome]) -> str:
    """The command after `apply`; "" if nothing is left to do."""
    moved = sorted({outcome.host for outcome in outcomes if outcome.outcome == "moved"})
    if moved:
        return f"smartfleet verify --limit {shlex.quote(','.join(moved))}" if len(moved) <= 10 else "smartfleet verify"
    waiting = any(outcome.outcome.startswith("waiting") for outcome in outcomes)
    return _mend(outcomes) or ("smartfleet status" if waiting else "")


def _mend(outcomes: Sequence[Outcome]) -> str:
    bad = sorted({o.host for o in outcomes if o.outcome in {"failed", "refused", "unknown"}})
    return f"smartfleet show {shlex.quote(bad[0])}" if bad else ""


def for_fleet(data: ReportData) -> str:
    """The next command for the state of a fleet."""
    rows = data.profiles
    if not data.headline.hosts_seen:
        return "smartfleet audit"
    if any(row.state in {"old", "both"} and row.outcome == "unknown" for row in rows):
        return "smartfleet plan"
    if any(row.state == "new" and not folder.level for row in rows for folder in row.folders):
        return "smartfleet verify"
    return "smartfleet apply" if any(row.outcome.startswith("waiting") for row in rows) else "smartfleet report"
