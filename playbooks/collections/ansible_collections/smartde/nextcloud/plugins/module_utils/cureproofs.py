"""Before a cure changes anything: that nothing is lost by it. And before it is taken back."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, Dict, Iterator, NamedTuple, Sequence

from . import asides, copies, copycheck, excludes
from .accounts import Account, Folder, read_accounts
from .asides import Copy, Recorded
from .copycheck import CopyJob
from .dropped import Dropped, run_as
from .folders import View, looked_at
from .profile import Config, Profile, known_folders
from .qsettings import parse
from .transaction import SkipStep, StepError, Transaction
from .walk import PlaceholderTest

COMPARE_SECONDS = 6 * 3600.0
SILENT_SECONDS = 1800.0
LOOK_SECONDS = 600.0
_BY_HAND = "let the user say which folder is the right one; smartfleet fix HOST --only drop-account keeps both"
_STAY = "leave the account as it is; its folder holds everything"
_SYNC_FIRST = "let the client run until it has uploaded everything, then fix again"


class _Told(NamedTuple):
    """Why an account does not go back to its original folder, and what mends it."""

    message: str
    do: str


_AGAINST = {
    copycheck.VIRTUAL: _Told("virtual files are in use, and what they hold is not on this disk", _BY_HAND),
    copycheck.ENCRYPTED: _Told("a folder is end-to-end encrypted", _BY_HAND),
    copycheck.UNREAD: _Told("{count} names or journals cannot be read", "mend their rights, then fix again"),
    copycheck.OTHER: _Told("original and copy are from two servers", _BY_HAND),
    copycheck.PENDING: _Told("{count} changes in the copy are not on the server yet", _SYNC_FIRST),
    copycheck.OWN: _Told(
        "{count} files are in the copy alone, and not on the server", "have the user move them, then fix again"
    ),
    copycheck.INCOMPLETE: _Told(
        "{count} entries of the server are missing in the original: its client would delete them there", _BY_HAND
    ),
    copycheck.CONFLICT: _Told(
        "{count} files were changed in the original and on the server: they would become conflicts", _BY_HAND
    ),
    copycheck.STRANGE: _Told("the original is hardly the folder of before", _BY_HAND),
    copycheck.DIFFER: _Told("{count} entries of original and copy differ, and the original has no journal", _BY_HAND),
}


def prove(profile: Profile, transaction: Transaction) -> str:
    """That nothing is lost by the cure, now that the client has ended. StepError (refused) if that is not proven."""
    before = profile.before()
    details = list(_dropped_are_settled(profile, before))
    staying = [profile.place_of(one) for one in known_folders(parse(profile.target(before))).values()]
    used = [*staying, profile.config_path]
    recorded = []
    for copy in asides.copies_of(profile):
        identity = run_as(profile.person, copies.require_movable, copy.path, profile.person.home, used)
        if copy.aside.carry and not transaction.began(asides.CARRY):
            _require_no_journal(profile, copy)
        details.append(_compared(profile, copy))
        recorded.append(Recorded(copy.path, copy.away, identity))
    if recorded:
        asides.record(profile, recorded)
    if not details:
        raise SkipStep("nothing leaves the configuration")
    return "; ".join(details)


def require_way_back(profile: Profile) -> bool:
    """Whether a copy is to be renamed back. StepError (refused) where that cannot be, or would leave edits behind."""
    away = asides.away_from(profile)
    for one in away:
        there, aside = run_as(profile.person, copies.exists, [one.path, one.away])
        if not aside:
            raise _refused("copy-purged", f"{one.away} is gone: the copy was deleted", "leave it as it is, it is cured")
        if there:
            raise _refused("copy-name-taken", f"{one.path} is taken by something else", "rename that, then roll back")
    if away:
        _require_whole(profile, away)
        _require_uploaded(profile)
    return bool(away)


def job_of(profile: Profile, copy: Copy, place: str, *, purge: bool = False, bare: bool = False) -> CopyJob:
    """`place`: where the copy lies now. `bare`: its journal is gone."""
    return CopyJob(
        original=os.fsencode(copy.original.path),
        copy=os.fsencode(place),
        own="" if copy.aside.carry or purge else copy.original.move.journal,
        journal="" if bare else copy.aside.journal,
        hidden=copy.original.ignore_hidden,
        excludes=_lists(profile),
        purge=purge,
    )


def compare(profile: Profile, job: CopyJob) -> Dict[str, Any]:
    """The answer of `copycheck.compare`, given by a child that has become the user."""
    work = (copycheck.compare, job)
    with Dropped(profile.person, *work, timeout=COMPARE_SECONDS, idle=SILENT_SECONDS) as child:
        for _beat in child:
            pass
    answer: Dict[str, Any] = child.answer
    return answer


def against(found: Dict[str, Any], paths: str) -> StepError:
    """What `compare` found, as the refusal that it is."""
    told = _AGAINST[found["code"]]
    examples = ", ".join(found["examples"])
    return _refused(found["code"], f"{paths}: {told.message.format(count=found['count'])} ({examples})", told.do)


def _compared(profile: Profile, copy: Copy) -> str:
    if copy.original.virtual_files != "off":
        raise against({"code": copycheck.VIRTUAL, "count": 1, "examples": [copy.path]}, copy.path)
    found = compare(profile, job_of(profile, copy, copy.path))
    if found["code"]:
        raise against(found, f"{copy.original.path} and {copy.path}")
    if copy.aside.carry:
        return f"{copy.path}: {found['same']} files, all the same as in the original"
    return (
        f"{copy.path} holds nothing of its own; in the original {found['same']} files are as on the server, "
        f"{found['updated']} will be brought up to date, {found['uploads']} uploaded, {found['removed']} deleted"
    )


def _require_no_journal(profile: Profile, copy: Copy) -> None:
    path = copy.original.journal
    if any(run_as(profile.person, copies.exists, [path, path + "-wal"])):
        raise _refused("journal-there", f"{path} is there already", "audit the host and fix again")


def _dropped_are_settled(profile: Profile, before: Config) -> Iterator[str]:
    """For each folder whose account leaves the configuration: nothing in it waits to be uploaded."""
    after = {one.number: one for one in read_accounts(parse(profile.target(before)))}
    staying = {profile.place_of(one) for account in after.values() for one in account.folders}
    originals = {copy.original.path.rstrip("/") for copy in asides.copies_of(profile)}
    for account in read_accounts(before.ini):
        for folder in account.folders if account.number not in after else ():
            path = profile.place_of(folder)
            if path in originals:
                continue
            if path in staying:
                raise _refused("shared-folder", f"{path} is synced by the account that stays too", _BY_HAND)
            yield _settled(profile, account, folder, path)


def _settled(profile: Profile, account: Account, folder: Folder, path: str) -> str:
    found = _looked_at(profile, account, folder)
    if found["state"] == "missing":
        return f"{path} is gone"
    changes, journal = found.get("local_changes"), found.get("journal", {})
    if found["state"] != "ok" or journal.get("state") != "ok" or changes is None:
        if found["state"] == "ok" and not found.get("files"):
            return f"{path} is empty"
        why = found.get("detail") or journal.get("detail") or journal.get("state") or found["state"]
        raise _refused("drop-unproven", f"whether {path} was uploaded cannot be told: {why}", _BY_HAND)
    waiting = _waiting(found)
    if waiting:
        raise _refused("drop-pending", f"{waiting} changes in {path} are not on the server yet", _SYNC_FIRST)
    return f"{path} is uploaded, {found.get('files', 0)} files stay where they are"


def _looked_at(profile: Profile, account: Account, folder: Folder, path: str = "") -> Dict[str, Any]:
    """`FolderFacts` of a folder where it lies on this disk, or at `path`, given by a child that has become the user."""
    place = profile.disk.place(folder)
    here = replace(folder, local_path=os.fsencode(path or place.path))
    test = None if isinstance(place.placeholders, str) else place.placeholders
    found: Dict[str, Any] = run_as(profile.person, look, account, here, _lists(profile), test, timeout=LOOK_SECONDS)
    return found


def look(
    account: Account, folder: Folder, lists: tuple[str, ...], is_placeholder: PlaceholderTest | None
) -> Dict[str, Any]:
    """In the dropped child: `FolderFacts` of a folder."""
    return dict(looked_at(account, folder, View(os.geteuid(), exclude_lists=lists, is_placeholder=is_placeholder)))


def _require_whole(profile: Profile, away: Sequence[Recorded]) -> None:
    """Its client takes what is gone from a copy, half purged or tidied up by hand, for deleted by the user."""
    before = profile.before()
    accounts = {one.number: one for one in read_accounts(before.ini)}
    known = known_folders(before.ini)
    asides_at = {copy.path: copy.aside for copy in asides.copies_of(profile)}
    for one in away:
        aside = asides_at[one.path]
        folder = replace(known[aside.place], journal_path=aside.journal)
        found = _looked_at(profile, accounts[aside.account], folder, one.away)
        changes, journal = found.get("local_changes"), found.get("journal", {})
        if found["state"] != "ok" or journal.get("state") != "ok" or changes is None:
            why = found.get("detail") or journal.get("detail") or journal.get("state") or found["state"]
            raise _refused("copy-incomplete", f"whether {one.away} is whole cannot be told: {why}", _STAY)
        if changes["deleted"]:
            message = f"{changes['deleted']} files of {one.away} are gone: its client would delete them on the server"
            raise _refused("copy-incomplete", message, _STAY)


def _require_uploaded(profile: Profile) -> None:
    """Before an account leaves its original folder again: what was edited there must be on the server."""
    config = profile.config()
    accounts = {one.number: one for one in read_accounts(config.ini)}
    known = known_folders(config.ini)
    for aside in profile.order.aside:
        folder = known.get(aside.place)
        if folder is None:
            continue
        found = _looked_at(profile, accounts[aside.account], folder)
        waiting = _waiting(found)
        if waiting:
            message = f"{waiting} changes in {aside.original} are not on the server yet, and would be left behind"
            raise _refused("original-pending", message, "let the client upload them, then roll back")


def _waiting(found: Dict[str, Any]) -> int:
    changes = found.get("local_changes") or {}
    return max(int(sum(changes.values())), int(found.get("journal", {}).get("uploads", 0)))


def _lists(profile: Profile) -> tuple[str, ...]:
    return (
        os.path.join(profile.root, excludes.SYSTEM),
        os.path.join(os.path.dirname(profile.config_path), excludes.NAME),
    )


def _refused(code: str, message: str, do: str) -> StepError:
    return StepError(code, message, do, outcome="refused")
