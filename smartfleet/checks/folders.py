"""Checks of the sync folders and journals of the accounts that are to be moved."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from smartfleet.checks.reasons import reason
from smartfleet.checks.view import AccountView, Aim, ProfileView
from smartfleet.model.facts import FolderFacts
from smartfleet.model.plan import Refusal
from smartfleet.nextcloud.paths import place
from smartfleet.text import number_of, visible

_TOLD = {
    "missing": "is not there",
    "link": "is a link",
    "not-a-folder": "is no folder",
    "relative": "is not an absolute path",
    "root": "holds more than one user's files",
    "outside-home": "lies in another user's home",
    "foreign-owner": "belongs to somebody else",
    "unreadable": "cannot be listed",
}

# the names that clients have given to journals; the configuration, which users write, may name any file
_JOURNAL = re.compile(r"\.(_?sync_[0-9A-Za-z]+|csync_journal)\.db")


def folder_reasons(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What speaks against moving accounts with these folders."""
    if aim.strategy == "fresh":
        yield from _fresh(view)
    yield from _shared(view)
    for account in view.on("old"):
        yield from _unseen(account)
        for folder in account.folders:
            if folder.state in _TOLD:
                detail = f" ({visible(folder.detail)})" if folder.detail else ""
                yield reason(f"folder-{folder.state}", f"{_path(folder)} {_TOLD[folder.state]}{detail}")
            else:
                yield from _journal(folder, aim)


def folder_warnings(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """What is worth knowing about the folders."""
    for account in view.on("old"):
        for folder in account.folders:
            yield from _notes(folder)
            if pending(folder) and aim.strategy != "fresh":
                yield reason(
                    "pending-uploads", f"{_path(folder)} has {number_of(pending(folder), 'change')} not uploaded yet"
                )
            if _knows_no_server(folder):
                yield reason("instance-unproven", f"the journal of {_path(folder)} holds no file of any server")
    if view.on("old") and not aim.instance_id:
        yield reason("instance-unknown", "whether the new server is the same Nextcloud could not be asked from here")


def pending(folder: FolderFacts) -> int:
    """Changes on this machine that are still to be uploaded: seen on the disk, or begun by the client."""
    seen = folder.local_changes
    on_disk = seen.new + seen.changed + seen.deleted if seen else 0
    return max(on_disk, folder.journal.uploads)


def _unseen(account: AccountView) -> Iterator[Refusal]:
    seen = {(folder.group, folder.alias) for folder in account.folders}
    unseen = [folder for folder in account.account.folders if (folder.group, folder.alias) not in seen]
    if unseen:
        # one reason for all: a file can name tens of thousands
        first = visible(f"{unseen[0].group}/{unseen[0].alias}")
        more = f" and {number_of(len(unseen) - 1, 'other')}" if unseen[1:] else ""
        yield reason("folder-unseen", f"the facts lack folder {first}{more} of account {account.label}")


def _shared(view: ProfileView) -> Iterator[Refusal]:
    """One folder in two accounts of which one at least is to be moved (#7425: the server loses files)."""
    users: dict[str, dict[str, AccountView]] = defaultdict(dict)
    shown: dict[str, str] = {}
    for account in view.accounts:
        for folder in account.folders:
            where = place(folder.local_path, windows=view.windows)
            users[where][account.number] = account
            shown.setdefault(where, _path(folder))
    for where, found in users.items():
        if len(found) > 1 and any(account.state == "old" for account in found.values()):
            labels = ", ".join(account.label for account in found.values())
            yield reason("shared-folder", f"{shown[where]} is synced by {labels}")


def _journal(folder: FolderFacts, aim: Aim) -> Iterator[Refusal]:
    journal = folder.journal
    name = visible(journal.name)
    if not _JOURNAL.fullmatch(journal.name):
        yield reason("journal-odd", f"{_path(folder)} has a journal that no client names so: {name}")
    if journal.state == "unreadable":
        yield reason(
            "journal-unreadable", f"the journal {name} of {_path(folder)} cannot be read: {visible(journal.detail)}"
        )
    elif journal.state == "absent" and (folder.files or folder.state == "unwalked"):
        yield reason(
            "journal-missing", f"{_path(folder)} holds {number_of(folder.files, 'file')} and no journal {name}"
        )
    if len(journal.instance_ids) > 1:
        ids = ", ".join(visible(one) for one in journal.instance_ids)
        yield reason("journal-several-instances", f"the journal of {_path(folder)} names several servers: {ids}")
    elif aim.instance_id and journal.instance_ids and journal.instance_ids[0] != aim.instance_id:
        theirs, ours = visible(journal.instance_ids[0]), visible(aim.instance_id)
        yield reason("other-instance", f"{_path(folder)} is from instance {theirs}, {aim.new} is instance {ours}")


def _fresh(view: ProfileView) -> Iterator[Refusal]:
    """Without the journal, edits become conflicts and deletions come back (measured): only equal trees may go so."""
    for account in view.on("old"):
        for folder in account.folders:
            count = pending(folder)
            if count:
                yield reason("pending-edits", f"{_path(folder)} has {number_of(count, 'change')} not uploaded yet")
    yield reason(
        "fresh-unproven", "strategy fresh drops the journal, and nothing proves that disk and server are equal"
    )


def _notes(folder: FolderFacts) -> Iterator[Refusal]:
    path = _path(folder)
    if folder.paused:
        yield reason("folder-paused", f"{path} is paused")
    if folder.state == "unwalked":
        yield reason("folder-unwalked", f"{path} was not walked: {visible(folder.detail)}")
    if folder.bad_mtimes:
        yield reason("folder-bad-times", f"{path} has {number_of(folder.bad_mtimes, 'file')} with an impossible time")
    if folder.conflict_files:
        yield reason("folder-conflicts", f"{path} has {number_of(folder.conflict_files, 'conflict file')}")


def _path(folder: FolderFacts) -> str:
    return visible(folder.local_path)


def _knows_no_server(folder: FolderFacts) -> bool:
    """A journal in order, or none and nothing to sync yet, and no file id to tell the server by."""
    journal = folder.journal
    in_order = journal.state == "ok" or (journal.state == "absent" and not folder.files)
    return in_order and not journal.instance_ids
