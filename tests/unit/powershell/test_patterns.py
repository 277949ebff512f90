"""Patterns that stand in both languages: what PowerShell's say of a name is what Python's say.

The scripts use nothing that the two dialects read differently, but for the sign of the end.
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import names

from tests.unit.powershell.scripts import Script
from tests.unit.powershell.test_gates import WORLD
from tests.unit.powershell.tree import below, text_of

NAMES = [
    "letter.txt",
    ".sync_0123456789ab.db",
    ".sync_0123456789ab.db-wal",
    "._sync_0123456789ab.db",
    ".csync_journal.db-shm",
    ".csync_journal.db.ctmp",
    ".letter.txt.~1f3c",
    ".letter.txt.~",
    ".a\nb.~f",
    ".nextcloudsync.log.1",
    ".owncloudsync.log",
    ".sync-exclude.lst",
    "sync-exclude.lst",
    "Desktop.ini",
    "desktop.INI",
    "my Desktop.ini",
    ".hidden",
    "a (conflicted copy 2026-01-02 030405).txt",
    "a (Eva's conflicted copy 2026-01-02 030405-2).txt",
    "a (conflicted copy 2026-01-02).txt",
    "a_conflict-20260102-030405.txt",
    "a_conflict-2026.txt",
    "a (case clash from Eva).txt",
    "\u2028(case clash from \n).txt",
]


def pattern(script: Script, variable: str) -> re.Pattern[str]:
    """The expression that a script keeps in a variable, its parts put together."""
    assignment = next(
        node
        for node in script.all("assignment_expression")
        if text_of(node.children[0]).lower() == f"$script:{variable}"
    )
    parts = [text_of(one)[1:-1].replace("''", "'") for one in below(assignment, "verbatim_string_characters")]
    whole = "".join(part for part in parts if "Invariant" not in part)
    return re.compile(whole.replace(r"\z", r"\Z"), re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_client_keeps_for_itself(name: str) -> None:
    own = pattern(WORLD.scripts["Walk.psm1"], "own")
    assert (own.search(name) is not None) == names.is_ignored_name(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_conflict(name: str) -> None:
    conflict = pattern(WORLD.scripts["Names.psm1"], "conflict")
    assert (conflict.search(name) is not None) == names.is_conflict_name(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_journal(name: str) -> None:
    journal = pattern(WORLD.scripts["Names.psm1"], "journal")
    assert (journal.search(name) is not None) == names.is_journal_name(name)
