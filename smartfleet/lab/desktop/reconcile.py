"""What a sync run has to do, decided from three views of a folder: the disk, the server, the journal. Pure.

The rules are those of the real client's discovery (fact sheet, section 6.2, and the tables of the measured moves).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from smartfleet.lab.desktop.journal import FOLDER, VIRTUAL, Row

Verb = Literal[
    "note",
    "compare",
    "upload",
    "download",
    "conflict",
    "make-local",
    "make-remote",
    "delete-local",
    "delete-remote",
    "forget",
]


@dataclass(frozen=True)
class LocalEntry:
    """A file or folder on the disk; `virtual` is a placeholder, whose path here lacks its suffix."""

    folder: bool
    size: int
    mtime: int
    inode: int
    virtual: bool = False


@dataclass(frozen=True)
class RemoteEntry:
    """A file or folder as PROPFIND shows it; `checksum` is hex of SHA-1 or empty."""

    folder: bool
    size: int
    mtime: int
    etag: str
    fileid: str
    permissions: str
    checksum: str = ""


@dataclass(frozen=True)
class Action:
    """One thing to do at `path`."""

    verb: Verb
    path: str


def reconcile(
    local: Mapping[str, LocalEntry], remote: Mapping[str, RemoteEntry], rows: Mapping[str, Row]
) -> list[Action]:
    """The actions in an order that works: folders before what is in them, deletions last and deepest first."""
    actions = []
    for path in sorted(local.keys() | remote.keys() | rows.keys()):
        verb = _decide(local.get(path), remote.get(path), rows.get(path))
        if verb:
            actions.append(Action(verb, path))
    deletions = [action for action in actions if action.verb.startswith("delete")]
    return [action for action in actions if action not in deletions] + deletions[::-1]


def _decide(local: LocalEntry | None, remote: RemoteEntry | None, row: Row | None) -> Verb | None:
    if local is None and remote is None:
        return "forget"
    if all(entry is None or entry.folder for entry in (local, remote)):
        return _decide_folder(local, remote, row)
    return _decide_file(local, remote, row)


def _decide_folder(local: LocalEntry | None, remote: RemoteEntry | None, row: Row | None) -> Verb | None:
    known = row is not None and row.type == FOLDER
    if local is None:
        return "delete-remote" if known else "make-local"
    if remote is None:
        return "delete-local" if known else "make-remote"
    return None if row is not None and row.etag == remote.etag else "note"


def _decide_file(local: LocalEntry | None, remote: RemoteEntry | None, row: Row | None) -> Verb | None:
    changed_here = local is not None and _changed_here(local, row)
    changed_there = remote is not None and (row is None or row.etag != remote.etag)
    if local is None:
        return "download" if changed_there else "delete-remote"
    if remote is None:
        return "upload" if changed_here else "delete-local"
    if changed_here and changed_there:
        return _both(local, remote)
    if changed_here:
        return "upload"
    return "download" if changed_there else None


def _changed_here(local: LocalEntry, row: Row | None) -> bool:
    if row is None:
        return True
    if row.type == VIRTUAL:
        return not local.virtual
    return local.size != row.size or local.mtime != row.mtime


def _both(local: LocalEntry, remote: RemoteEntry) -> Verb:
    """A file on both sides that the journal does not explain: taken as equal, compared, or a conflict."""
    if local.folder != remote.folder or local.size != remote.size:
        return "conflict"
    if remote.checksum:
        return "compare"
    return "note" if local.mtime == remote.mtime else "conflict"
