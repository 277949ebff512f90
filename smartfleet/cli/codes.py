"""Exit codes of commands that work on hosts; docs/commands.md tells what they mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from smartfleet.campaign.tries import waits
from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome, Verdict

FAILED = 3
STOPPED = 4
WAITING = 6
DRIFT = 10
INTERRUPTED = 130
_WORST_FIRST = (INTERRUPTED, DRIFT, STOPPED, FAILED, WAITING, 0)
_FAILED = {"failed", "unknown", "prepared", "refused"}
_WAITING = {"waiting-online", "waiting-session", "waiting-sign-in"}


def worst(codes: Iterable[int]) -> int:
    """Of several things that one command did."""
    return min(codes, key=_WORST_FIRST.index, default=0)


def of_outcomes(
    outcomes: Iterable[Outcome], *, interrupted: bool = False, stopped: bool = False, queued: bool = False
) -> int:
    """The worst first: interrupted, stopped, some failed or refused, only waiting ones left, all well.

    `queued`: the run tries again who waits, so that a host which another run has is none that was refused.
    """
    if interrupted:
        return INTERRUPTED
    if stopped:
        return STOPPED
    names = {"waiting-online" if queued and waits(outcome) else outcome.outcome for outcome in outcomes}
    if names & _FAILED:
        return FAILED
    return WAITING if names & _WAITING else 0


def of_verdicts(verdicts: Iterable[Verdict], troubles: Iterable[Outcome], *, interrupted: bool = False) -> int:
    """Drift before everything else that is wrong; an unknown verdict is no proof, so it is not 0."""
    found = {verdict.verdict for verdict in verdicts}
    if interrupted:
        return INTERRUPTED
    if "drift" in found:
        return DRIFT
    code = of_outcomes(troubles)
    return FAILED if "unknown" in found else code


def of_report(data: ReportData) -> int:
    """Drift, or a host that is not compliant; one that nobody could look at is none that complies."""
    drifted = data.headline.verdicts.get("drift", 0)
    return DRIFT if drifted or data.headline.hosts_compliant < data.headline.hosts else 0
