"""Whether an emulated Windows starts the client at logon, and that both languages take the same program from a line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.windows.build import add_person, make_machine
from smartfleet.lab.windows.machine import APPROVED, RUN
from smartfleet.lab.windows.plays.autostart import PROGRAM, autostart
from tests.unit.builders import table
from tests.unit.powershell.scripts import load
from tests.unit.powershell.test_patterns import pattern

CASES = table("autostart_windows")
CONFIG = {
    "standard": r"C:\Users\eva\AppData\Roaming\Nextcloud\nextcloud.cfg",
    "confdir": r"C:\Users\eva\work\nextcloud.cfg",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_autostart(case: dict[str, Any], tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "PC-1", admin="admin", password="secret", version="3.16.7", qt=6)
    add_person(machine, "eva")
    sid = machine.profile("eva").sid
    for part, hive in (("user", rf"HKU\{sid}"), ("machine", "HKLM")):
        for name, command in case.get(part, {}).items():
            machine.registry.put(rf"{hive}\{RUN}", name, command)
        for name, mark in case.get(f"{part}_marks", {}).items():
            machine.registry.put(rf"{hive}\{APPROVED}", name, mark, "REG_BINARY")
    kind = case.get("kind", "standard")
    assert autostart(machine, sid, CONFIG[kind], kind) == case["expect"]


def test_both_languages_take_the_same_program_from_a_line() -> None:
    theirs = pattern(load()["WindowsAutostart.psm1"], "program")
    assert re.sub(r"\\Z", r"\\z", PROGRAM.pattern) == re.sub(r"\\Z", r"\\z", theirs.pattern)


def test_both_languages_read_the_same_keys() -> None:
    text = load()["WindowsLogon.psm1"].text
    assert f"'{RUN}'" in text
    assert f"'{APPROVED.removesuffix('Run')}'" in text
