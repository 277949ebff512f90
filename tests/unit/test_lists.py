"""Hosts by outcome as files, and how the terminal names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartfleet.cli.lists import as_limits, of_outcomes, write_lists
from smartfleet.fleet import Fleet, load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.report import terminal
from tests.unit.builders import NEW, OLD, outcome
from tests.unit.screens import shown

RUN = "20261122-120000-abcdef01"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    write_example(tmp_path / "my fleet", [OLD], NEW)
    return load_fleet(tmp_path / "my fleet")


def test_a_file_for_each_outcome(fleet: Fleet) -> None:
    found = [outcome("pc-2", "moved"), outcome("pc-1", "moved"), outcome("pc-2", "failed"), outcome("pc-2", "moved")]
    lists = write_lists(fleet, RUN, of_outcomes(found))
    folder = fleet.folder / ".smartfleet" / "runs" / RUN
    assert {word: path.read_text() for word, path in lists.items()} == {"moved": "pc-1\npc-2\n", "failed": "pc-2\n"}
    assert {path.name for path in folder.iterdir()} == {"moved.txt", "failed.txt"}
    assert folder.stat().st_mode & 0o77 == 0


def test_lists_of_an_earlier_try_do_not_stay(fleet: Fleet) -> None:
    write_lists(fleet, RUN, [("waiting-online", "pc-1"), ("moved", "pc-2")])
    lists = write_lists(fleet, RUN, [("moved", "pc-1"), ("moved", "pc-2")])
    assert [path.name for path in lists["moved"].parent.iterdir()] == ["moved.txt"]


def test_a_list_is_named_as_a_shell_takes_it(fleet: Fleet) -> None:
    lists = write_lists(fleet, RUN, [("moved", "pc-1")])
    assert as_limits(lists)["moved"] == f"@'{lists['moved']}'"


def test_lists_that_cannot_be_written_are_told(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet.state.mkdir(exist_ok=True)
    (fleet.state / "runs").write_text("in the way")
    assert write_lists(fleet, RUN, [("moved", "pc-1")]) == {}
    assert "warning: the lists of hosts" in capsys.readouterr().err


MANY = [outcome(f"pc-{number}", "moved") for number in range(60)]


class TestTerminal:
    def test_many_hosts_are_named_by_their_file(self) -> None:
        text = shown(terminal.outcomes([*MANY, outcome("pc-99", "failed")], {"moved": "@m.txt", "failed": "@f"}))
        assert "moved (60): @m.txt" in text
        assert "failed (1): pc-99" in text

    def test_without_a_file_all_are_named(self) -> None:
        assert "pc-58,pc-59" in shown(terminal.outcomes(MANY))

    def test_a_large_run_shows_what_is_not_as_wished(self) -> None:
        text = shown(terminal.outcomes([*MANY, outcome("pc-99", "failed", message="No room.")], {"moved": "@m"}))
        assert "pc-99  eva   failed   No room.\nand 60 more profiles: --format json has all" in text
        assert "pc-58" not in text

    def test_a_large_run_without_trouble_has_no_table(self) -> None:
        assert "host  user" not in shown(terminal.outcomes(MANY, {"moved": "@m"}))
