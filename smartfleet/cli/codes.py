"""Exit codes of commands that work on hosts; docs/commands.md tells what they mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from smartfleet.model.results import Outcome, Verdict

FAILED = 3
WAITING = 6
DRIFT = 10
INTERRUPTED = 130
_FAILED = {"failed", "unknown", "prepared", "refused"}
_WAITING = {"waiting-online", "waiting-session", "waiting-sign-in"}


def of_outcomes(outcomes: Iterable[Outcome], *, interrupted: bool = False) -> int:
    """The worst first: interrupted, some failed or refused, only waiting ones left, all well."""
    names = {outcome.outcome for outcome in outcomes}
    if interrupted:
        return INTERRUPTED
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
