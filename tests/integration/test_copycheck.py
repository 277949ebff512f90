"""Whether an account can go back to its original folder: the judgement, path by path."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.smartde.nextcloud.plugins.module_utils.copycheck import CopyJob, compare

from tests.unit.copytrees import INSTANCE, write_journal, write_tree

pytestmark = pytest.mark.once

FILE = yaml.safe_load((Path(__file__).parents[1] / "unit/cases/copies.yml").read_text("utf-8"))
BASE, CASES = FILE["base"], FILE["cases"]
OWN, THEIRS = ".sync_aaaaaaaaaaaa.db", ".sync_bbbbbbbbbbbb.db"
EXCLUDES = "*.tmp\n]Thumbs.db\n*(conflicted copy*\n"


def prepared(folder: Path, case: dict[str, Any]) -> CopyJob:
    def told(name: str) -> dict[str, Any]:
        return {**BASE[name], **(case.get(name) or {})}

    own = case.get("own", True) is not False
    instances = case.get("instances", [INSTANCE, INSTANCE])
    kinds = case.get("kinds", {})
    write_tree(folder / "one", told("original"))
    write_tree(folder / "two", told("copy"))
    if own:
        write_journal(folder / "one" / OWN, told("own"), instance=instances[0])
    if case.get("garbage"):
        (folder / "one" / OWN).write_bytes(b"no journal")
    write_journal(
        folder / "two" / THEIRS,
        told("journal"),
        instance=instances[1],
        kinds=kinds.get("journal"),
        begun=case.get("begun", 0),
    )
    (folder / "exclude.lst").write_text(EXCLUDES)
    return CopyJob(
        original=os.fsencode(folder / "one"),
        copy=os.fsencode(folder / "two"),
        own=OWN if own and not case.get("purge") else "",
        journal=THEIRS,
        hidden=False,
        excludes=(str(folder / "exclude.lst"),),
        purge=case.get("purge", False),
    )


def judged(job: CopyJob) -> dict[str, Any]:
    return compare(lambda _chunk: None, job)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(tmp_path: Path, case: dict[str, Any]) -> None:
    found = judged(prepared(tmp_path, case))
    expected = {"same": 0, "updated": 0, "uploads": 0, "removed": 0, **case["expect"]}
    if found["code"] or case.get("purge"):
        expected = case["expect"]
    assert {name: found[name] for name in expected} == expected, found
    assert bool(found["code"]) == bool(found["count"]) == bool(found["examples"])


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    job = prepared(tmp_path, {})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert judged(job)["code"] == ""
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_original_that_lost_most_of_its_server(tmp_path: Path) -> None:
    many = {f"old-{number}.txt": "x" for number in range(20)}
    found = judged(prepared(tmp_path, {"original": many, "own": {name: ["x", "e"] for name in many}}))
    assert (found["code"], found["removed"]) == ("original-strange", 20)


@pytest.mark.parametrize("side", ["one", "two"])
def test_a_folder_that_is_a_link(tmp_path: Path, side: str) -> None:
    job = prepared(tmp_path, {})
    (tmp_path / side).rename(tmp_path / "real")
    (tmp_path / side).symlink_to(tmp_path / "real")
    assert judged(job)["code"] == "repoint-unread"


def test_a_journal_that_is_a_link(tmp_path: Path) -> None:
    job = prepared(tmp_path, {})
    (tmp_path / "two" / THEIRS).rename(tmp_path / "journal.db")
    (tmp_path / "two" / THEIRS).symlink_to(tmp_path / "journal.db")
    assert judged(job)["code"] == "repoint-unread"
