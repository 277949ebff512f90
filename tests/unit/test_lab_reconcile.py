"""What the stand-in client does is decided as the real client's runs showed (moves-measured tables)."""

from __future__ import annotations

import pytest

from smartfleet.lab.desktop.journal import FILE, FOLDER, VIRTUAL, Row
from smartfleet.lab.desktop.reconcile import Action, LocalEntry, RemoteEntry, reconcile


def here(size: int = 5, mtime: int = 100, *, folder: bool = False, virtual: bool = False) -> LocalEntry:
    return LocalEntry(folder=folder, size=size, mtime=mtime, inode=1, virtual=virtual)


def there(
    size: int = 5, mtime: int = 100, etag: str = "e1", *, folder: bool = False, checksum: str = ""
) -> RemoteEntry:
    return RemoteEntry(folder, size, mtime, etag, "00000001oc", "RGDNVW", checksum)


def row(size: int = 5, mtime: int = 100, etag: str = "e1", kind: int = FILE) -> Row:
    return Row("f", kind, 1, mtime, size, etag, "00000001oc", "RGDNVW", "")


@pytest.mark.parametrize(
    ("local", "remote", "known", "verb"),
    [
        (here(), there(), row(), None),
        (here(size=6), there(), row(), "upload"),
        (here(mtime=101), there(), row(), "upload"),
        (here(), there(etag="e2"), row(), "download"),
        (here(size=6), there(etag="e2"), row(), "conflict"),
        (None, there(), row(), "delete-remote"),
        (here(), None, row(), "delete-local"),
        (here(size=6), None, row(), "upload"),
        (None, there(etag="e2"), row(), "download"),
        (None, None, row(), "forget"),
        # without a journal row: the first sync
        (here(), None, None, "upload"),
        (None, there(), None, "download"),
        (here(), there(), None, "note"),
        (here(mtime=101), there(), None, "conflict"),
        (here(size=6), there(), None, "conflict"),
        (here(mtime=101), there(checksum="ab"), None, "compare"),
        # folders
        (here(folder=True), there(folder=True), None, "note"),
        (here(folder=True), there(folder=True), row(kind=FOLDER), None),
        (here(folder=True), None, None, "make-remote"),
        (here(folder=True), None, row(kind=FOLDER), "delete-local"),
        (None, there(folder=True), None, "make-local"),
        (None, there(folder=True), row(kind=FOLDER), "delete-remote"),
        # placeholders: one byte on the disk, the server's size in the journal
        (here(size=1, virtual=True), there(size=900), row(size=900, kind=VIRTUAL), None),
        (here(size=900), there(size=900), row(size=900, kind=VIRTUAL), "upload"),
    ],
)
def test_each_state_has_its_action(
    local: LocalEntry | None, remote: RemoteEntry | None, known: Row | None, verb: str | None
) -> None:
    found = reconcile({"f": local} if local else {}, {"f": remote} if remote else {}, {"f": known} if known else {})
    assert [action.verb for action in found] == ([verb] if verb else [])


def test_folders_come_before_what_is_in_them_and_go_after_it() -> None:
    rows = {name: row(kind=FOLDER) for name in ("old", "old/deep")}
    local = {"old": here(folder=True), "old/deep": here(folder=True), "new": here(folder=True), "new/f": here()}
    assert reconcile(local, {}, rows) == [
        Action("make-remote", "new"),
        Action("upload", "new/f"),
        Action("delete-local", "old/deep"),
        Action("delete-local", "old"),
    ]


def test_another_instance_with_an_empty_tree_makes_the_client_delete() -> None:
    """Why a move proves the instance first."""
    assert reconcile({"f": here()}, {}, {"f": row()}) == [Action("delete-local", "f")]
