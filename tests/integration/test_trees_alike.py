"""The controller says of a folder of Windows what the Linux twin says of the same one, in processes of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import foldercheck
from ansible_collections.smartde.nextcloud.plugins.module_utils.servercheck import Account
from ansible_collections.smartde.nextcloud.plugins.module_utils.walk import walk
from ansible_collections.smartde.nextcloud.plugins.plugin_utils.trees import Wish, folder_check

from smartfleet.model.results import FolderCheck
from tests.unit.listed import JOURNAL, NAME, folder, listing, raw

__all__ = ["folder"]
pytestmark = pytest.mark.once


def on_the_host(root: Path, before: bytes | None, level: str) -> dict[str, Any]:
    """What the Linux twin says of the same folder."""
    spool = root.parent / "before.gz"
    spool.write_bytes(before or b"")
    descriptor = os.open(spool, os.O_RDONLY)
    job = foldercheck.Job(
        local_path=os.fsencode(root),
        virtual_files="off",
        journal=NAME,
        target_path="/",
        level=level,
        examples=20,
        manifest=descriptor if before is not None else -1,
        no_manifest="this host remembers no move of this profile",
        hidden=False,
        excludes=(),
        other_homes=(),
        account=Account("0", "", "", ""),
        env={},
        ask_server=False,
    )
    try:
        return foldercheck.check(lambda _chunk: None, job)
    finally:
        os.close(descriptor)


def first(root: Path) -> Path:
    return next(root / os.fsdecode(one.path) for one in walk(os.fsencode(root)) if one.kind == "file")


def change(root: Path) -> None:
    first(root).write_bytes(b"changed by the user")


def lose(root: Path) -> None:
    first(root).unlink()


def add(root: Path) -> None:
    (root / "new \\ \n.txt").write_bytes(b"new")
    (root / "a (conflicted copy 2026-01-02 030405).txt").write_bytes(b"conflict")


def damage(root: Path) -> None:
    """Another content with the same size and time."""
    path = first(root)
    info = path.stat()
    path.write_bytes(b"y" * info.st_size)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def cut_journal(root: Path) -> None:
    (root / NAME).write_bytes(JOURNAL.read_bytes()[:5000])


def no_journal(root: Path) -> None:
    (root / NAME).unlink()


def nothing(_root: Path) -> None:
    pass


@pytest.mark.parametrize("level", ["size", "content", "journal"])
@pytest.mark.parametrize("what", [nothing, change, lose, add, damage, cut_journal, no_journal])
@pytest.mark.parametrize("known", [True, False], ids=["with a manifest", "without"])
def test_the_controller_says_what_the_linux_twin_says(
    folder: Path,
    tmp_path: Path,
    what: Callable[[Path], None],
    level: str,
    known: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    before = listing(folder, content=level == "content") if known else None
    what(folder)
    expected = on_the_host(folder, before, level)
    found = folder_check(raw(folder, before, level), Wish(level, 20), tmp_path)
    for name in ("state", "detail", "root_digest", "before", "journal", "etags"):
        assert found[name] == expected[name], name
    assert not found["server"]["done"]
    FolderCheck.model_validate(found)
