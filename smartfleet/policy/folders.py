"""Checks of a folder: where it lies, what its verification proved, and what waits in it."""

from __future__ import annotations

from smartfleet.model.results import Comparison, FolderCheck, Verdict
from smartfleet.nextcloud.paths import place
from smartfleet.nextcloud.urls import same_server
from smartfleet.policy.cases import AHEAD, DAY, Check, FolderCase, Told, fail, unknown

_VERIFY = "checks.do.verify"
_THERE = {"ok", "unwalked"}


def _moved(case: FolderCase) -> Told | None:
    """A folder that no earlier audit saw lies where it was first seen."""
    if case.past is None or _same_place(case, case.past.first_path):
        return None
    return fail("checks.folder-moved.found", before=case.past.first_path, path=case.seen.local_path)


def _same_place(case: FolderCase, other: str) -> bool:
    path = case.seen.local_path
    if path == other:
        return True
    windows = case.profile.host.windows
    return place(path, windows=windows) == place(other, windows=windows)


def _verdict(case: FolderCase) -> Told | None:
    """Only a verification of this folder, with the account on the server where it is now, says something of it."""
    verdict = case.verdict
    if verdict is None:
        return unknown("checks.folder-verdict.never", _VERIFY)
    if not _same_place(case, verdict.local_path):
        return unknown("checks.folder-verdict.elsewhere", _VERIFY, before=verdict.local_path)
    if not _same_account(case, verdict):
        return unknown("checks.folder-verdict.before-move", _VERIFY)
    if verdict.verdict == "match":
        return _still_there(case)
    return (
        _drift(verdict) if verdict.verdict == "drift" else unknown("checks.folder-verdict.unproven", "checks.do.show")
    )


def _still_there(case: FolderCase) -> Told | None:
    if case.facts.state not in _THERE:
        return unknown("checks.folder-verdict.not-there", "checks.do.look-again", state=case.facts.state)
    return None


def _same_account(case: FolderCase, verdict: Verdict) -> bool:
    """Whether the account was on the server where it is now."""
    url = verdict.check.url if verdict.check else ""
    return not url or url == case.account.url or same_server(url, case.account.url)


def _fitting(case: FolderCase) -> Verdict | None:
    """The newest verification, if it looked at this folder where it is now, with this account."""
    verdict = case.verdict
    if verdict is None or not _same_place(case, verdict.local_path) or not _same_account(case, verdict):
        return None
    return verdict


def _verified(case: FolderCase) -> FolderCheck | None:
    """What it saw."""
    verdict = _fitting(case)
    return verdict.check if verdict else None


def _verification_age(case: FolderCase) -> Told | None:
    """Whatever it found: that is for `folder-verdict` to say."""
    limits = case.profile.host.limits
    if case.verified is None or _fitting(case) is None:
        return unknown("checks.verification-age.none")
    age = limits.now - case.verified
    if age < -AHEAD:
        return unknown("checks.from-the-future")
    return fail("checks.verification-age.old", days=int(age // DAY)) if age > limits.verified else None


def _drift(verdict: Verdict) -> Told:
    made = _comparisons(verdict)
    lost, conflicts = max((one.lost for one in made), default=0), max((one.conflicts for one in made), default=0)
    if not lost and not conflicts:
        return fail("checks.folder-verdict.gone")
    return fail("checks.folder-verdict.drift", lost=lost, conflicts=conflicts)


def _comparisons(verdict: Verdict) -> list[Comparison]:
    check = verdict.check
    return [one for one in (check.before, check.journal, check.server) if one.done] if check else []


def _conflicts(case: FolderCase) -> Told | None:
    """Conflict files count from the move on: those of before are the user's."""
    check = _verified(case)
    before = check.before if check else None
    if before and before.done and before.conflicts:
        return fail("checks.conflict-files.found", count=before.conflicts)
    if case.account.state == "old":
        return None
    if case.facts.state != "ok":
        return unknown("checks.unwalked", "checks.do.show")
    if not case.facts.conflict_files or (before and before.done):
        return None
    return unknown("checks.conflict-files.undated", _VERIFY, count=case.facts.conflict_files)


def _pending(case: FolderCase) -> Told | None:
    """How old is counted from the first of the audits in a row that saw something wait."""
    count, taken = case.seen.pending, case.profile.host.seen.taken
    if not count:
        return None if _nothing_waits(case) else unknown("checks.unwalked", "checks.do.show")
    since = case.past.pending_since if case.past else None
    age = taken - since if since is not None else 0.0
    if age <= case.profile.host.limits.pending:
        return None
    return fail("checks.pending-uploads.old", count=count, days=int(age // DAY))


def _nothing_waits(case: FolderCase) -> bool:
    """Audits compare disk and journal, except on Windows, where only a verification does."""
    if case.facts.local_changes is not None:
        return True
    check = _verified(case)
    return bool(check and check.journal.done and not check.journal.user)


FOLDER_MOVED: Check[FolderCase] = Check("folder-moved", "folder", "error", _moved)
FOLDER_VERDICT: Check[FolderCase] = Check("folder-verdict", "folder", "error", _verdict)
VERIFICATION_AGE: Check[FolderCase] = Check("verification-age", "folder", "error", _verification_age)
CONFLICT_FILES: Check[FolderCase] = Check("conflict-files", "folder", "warning", _conflicts)
PENDING_UPLOADS: Check[FolderCase] = Check("pending-uploads", "folder", "warning", _pending)
