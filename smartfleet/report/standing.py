"""Where a profile stands, from its newest outcome and the newest audit. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from smartfleet.model.assessment import ProfileAssessment
from smartfleet.model.report import FolderRow
from smartfleet.model.results import Outcome

_DONE = {"moved", "cured", "already"}


def standing(host: str, profile: ProfileAssessment, outcome: Outcome | None) -> Outcome:
    """The newest outcome, or what the audit says where no move was tried.

    An outcome of ``moved`` that the newest audit contradicts is not repeated: the account is back on an old server.
    """
    if outcome is not None and not (outcome.outcome in _DONE and profile.state in {"old", "both"}):
        return outcome
    if profile.state == "new":
        return Outcome(host=host, user=profile.user, config_path=profile.config_path, outcome="already")
    message = {
        "old": "The account still uses the old server.",
        "both": "One account is on the new server, another still on the old one.",
        "neither": "There is no account.",
        "foreign": "All accounts belong to other servers.",
        "unreadable": "The configuration cannot be read.",
    }[profile.state]
    return Outcome(
        host=host,
        user=profile.user,
        config_path=profile.config_path,
        outcome="unknown",
        code=f"state-{profile.state}",
        message=message,
    )


def next_deed(host: str, profile: ProfileAssessment, folders: Sequence[FolderRow]) -> str:
    named = shlex.quote(host)
    if profile.state == "old":
        return f"smartfleet plan --limit {named}"
    if any(folder.verdict == "drift" for folder in folders) or profile.state in {"both", "unreadable"}:
        return f"smartfleet show {named}"
    if folders and any(not folder.level for folder in folders):
        return f"smartfleet verify --limit {named}"
    return ""
