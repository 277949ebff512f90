"""What lies in the sync folders of an account: `FolderFacts`, and folders that no account uses any more.

Runs as the user. Nothing but journals is opened; trees are walked by names and inodes, merged with the journal's rows
in the one order that both come in, so the memory does not grow with the tree.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, field
from typing import Callable, Iterator, Sequence

from . import excludes, journals
from .accounts import Account, Folder
from .compare import Rules, against_journal
from .journal import Row, rows
from .merging import Now, Seen, merge
from .names import is_conflict_name, is_journal_name, journal_name
from .reach import folder_state
from .walk import Entry, PlaceholderTest, walk

WALK_SECONDS = 240.0
BEAT = 2048
ORPHAN_DEPTH = 2
DIGITS = b"0123456789"
LISTING_LIMIT = 2000
MTIME_END = 2**32

_CHANGES = {"new": "new", "changed": "changed", "lost": "deleted"}
Beat = Callable[[], None]


@dataclass(frozen=True)
class View:
    """Who looks, and what he knows.

    `exclude_lists` are the client's lists of names that it leaves alone (see `excludes`); `beat` is called now and then
    while a large tree is walked; `is_placeholder` tells placeholders where the folder's mode does not.
    """

    uid: int
    other_homes: Sequence[str] = ()
    exclude_lists: Sequence[str] = ()
    beat: Beat = lambda: None
    is_placeholder: PlaceholderTest | None = None


@dataclass
class Survey:
    """Counts of a tree, and of where it differs from the journal."""

    rules: Rules = field(default_factory=Rules)

    files: int = 0
    bytes: int = 0
    placeholders: int = 0
    conflict_files: int = 0
    bad_mtimes: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    unread: int = 0

    def counts(self) -> dict[str, int]:
        names = ("files", "bytes", "placeholders", "conflict_files", "bad_mtimes")
        return {name: getattr(self, name) for name in names}

    def changes(self) -> dict[str, int]:
        """`LocalChanges`: what the client has still to upload."""
        return {"new": self.new, "changed": self.changed, "deleted": self.deleted}

    def add(self, entry: Now) -> None:
        self.unread += entry.kind in ("unread", "unread-dir")
        if entry.kind not in ("file", "placeholder"):
            return
        self.files += 1
        self.bytes += entry.size
        self.placeholders += entry.kind == "placeholder"
        self.conflict_files += is_conflict_name(entry.path.rpartition(b"/")[2])
        self.bad_mtimes += not 0 < entry.mtime < MTIME_END

    def compare(self, seen: Seen) -> None:
        """One path on the disk against the journal: what the client has still to upload."""
        finding = against_journal(seen, {}, self.rules)
        name = _CHANGES.get(finding.kind) if finding is not None else None
        if name is not None:
            setattr(self, name, getattr(self, name) + 1)


def named(account: Account, folder: Folder) -> dict[str, object]:
    """`FolderFacts` as far as the configuration tells them; nothing is looked at."""
    return {
        "account": account.number,
        "group": folder.group,
        "alias": folder.alias,
        "local_path": os.fsdecode(folder.local_path),
        "target_path": folder.target_path,
        "virtual_files": folder.virtual_files,
        "paused": folder.paused,
        "journal_named": bool(folder.journal_path),
        "state": "unwalked",
        "journal": {"name": _journal(account, folder), "state": "absent"},
    }


def looked_at(account: Account, folder: Folder, view: View) -> dict[str, object]:
    """The rest of `FolderFacts`."""
    state, detail = folder_state(folder.local_path, view.uid, view.other_homes)
    facts: dict[str, object] = {"state": state, "detail": detail}
    if state == "ok":
        facts.update(_inside(folder, _journal(account, folder), view))
    return facts


def orphans(home: str, known: Sequence[bytes], uid: int, beat: Beat = lambda: None) -> list[dict[str, object]]:
    """Folders in the first levels of a home that were synced once and belong to no account (`OrphanFolder`).

    Told by a journal in them, or, where "Remove account" has deleted that, by a name as the client gives it.
    """
    used = {os.path.realpath(path) for path in known}
    folders = dict(_journal_folders(os.fsencode(home), used, uid, ORPHAN_DEPTH))
    for path in _likely_named(os.fsencode(home), known, used, uid):
        folders.setdefault(path, [])
    found = []
    for folder, names in sorted(folders.items()):
        counts = {"files": 0, "bytes": 0, "twins": 0, "twin_bytes": 0}
        try:
            for entry in _timed(walk(folder), time.monotonic() + WALK_SECONDS, beat):
                _count_orphan(counts, entry, known)
        except OSError:
            continue
        found.append({"path": os.fsdecode(folder), "journals": names, **counts})
    return found


def _count_orphan(counts: dict[str, int], entry: Entry, known: Sequence[bytes]) -> None:
    if entry.kind not in ("file", "placeholder"):
        return
    counts["files"] += 1
    counts["bytes"] += entry.size
    if any(_has_twin(folder, entry) for folder in known):
        counts["twins"] += 1
        counts["twin_bytes"] += entry.size


def _has_twin(folder: bytes, entry: Entry) -> bool:
    try:
        twin = os.lstat(os.path.join(folder, entry.path))
    except OSError:
        return False
    return stat.S_ISREG(twin.st_mode) and twin.st_size == entry.size


def _likely_named(home: bytes, known: Sequence[bytes], used: set[bytes], uid: int) -> Iterator[bytes]:
    """Folders of the home named as a sync folder: the client's default, or that of an account, maybe with a number.

    The client's wizard appends a number to a name that is taken (nextcloud-client.md, 6.1).
    """
    bases = {b"Nextcloud", *(os.path.basename(path.rstrip(b"/")).rstrip(DIGITS) for path in known)} - {b""}
    try:
        with os.scandir(home) as listing:
            entries = [entry for entry, _ in zip(listing, range(LISTING_LIMIT))]
        for entry in entries:
            if entry.name.rstrip(DIGITS) in bases and entry.is_dir(follow_symlinks=False):
                mine = entry.stat(follow_symlinks=False).st_uid == uid
                if mine and os.path.realpath(entry.path) not in used:
                    yield entry.path
    except OSError:
        return


def _journal(account: Account, folder: Folder) -> str:
    """The journal's name: what the configuration says, else what the client would call it."""
    return folder.journal_path or journal_name(account.login, account.url, folder.target_path)


def _inside(folder: Folder, name: str, view: View) -> dict[str, object]:
    root = folder.local_path.rstrip(b"/")
    rules = Rules(unsynced=excludes.matcher(excludes.read(view.exclude_lists), hidden=folder.ignore_hidden))
    facts: dict[str, object] = {}
    survey, entries = Survey(rules), _tree(root, folder, view)
    try:
        try:
            with journals.copied(root, name, view.uid) as copy:
                facts["journal"] = journals.document(root, name, copy)
                _compare(survey, entries, rows(copy, ordered=True))
                facts["local_changes"] = None if survey.unread else survey.changes()
        except (journals.JournalFileError, ValueError) as error:
            state = getattr(error, "state", "unreadable")
            facts["journal"] = {"name": name, "state": state, "detail": str(error)}
            survey, entries = Survey(rules), _tree(root, folder, view)
        for entry in entries:  # none are left where a journal was there to compare with
            survey.add(entry)
        info = os.statvfs(root)
    except OSError as error:
        return {**facts, "state": "unwalked", "detail": str(error.strerror or error)}
    facts.update(survey.counts(), free_bytes=info.f_bavail * info.f_frsize)
    if survey.unread:
        facts["detail"] = f"{survey.unread} names in it cannot be looked at"
    return facts


def _tree(root: bytes, folder: Folder, view: View) -> Iterator[Entry]:
    entries = walk(root, view.is_placeholder or folder.virtual_files)
    return _timed(entries, time.monotonic() + WALK_SECONDS, view.beat)


def _compare(survey: Survey, entries: Iterator[Entry], known: Iterator[Row]) -> None:
    for seen in merge(entries, (), known):
        if seen.now is not None:
            survey.add(seen.now)
        survey.compare(seen)


def _timed(entries: Iterator[Entry], end: float, beat: Beat) -> Iterator[Entry]:
    """TimeoutError (an OSError) for a tree that takes too long."""
    for number, entry in enumerate(entries):
        if number % BEAT == 0:
            beat()
            if time.monotonic() > end:
                raise TimeoutError(f"not walked to its end in {WALK_SECONDS:.0f} s")
        yield entry


def _journal_folders(folder: bytes, used: set[bytes], uid: int, depth: int) -> Iterator[tuple[bytes, list[str]]]:
    """Folders with journals below `folder`, not entering those in use; links are not followed."""
    try:
        with os.scandir(folder) as listing:
            entries = [entry for entry, _ in zip(listing, range(LISTING_LIMIT))]
        below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        names = sorted(os.fsdecode(entry.name) for entry in entries if is_journal_name(os.fsdecode(entry.name)))
        mine = os.lstat(folder).st_uid == uid
    except OSError:
        return
    if names and mine:
        yield folder, names
        return
    for path in sorted(below) if depth else []:
        if os.path.realpath(path) not in used:
            yield from _journal_folders(path, used, uid, depth - 1)
