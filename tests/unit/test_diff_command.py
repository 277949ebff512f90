"""`smartfleet diff`: from the store to what an admin and a program read."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smartfleet.campaign.judging import gather
from smartfleet.cli.main import main
from smartfleet.fleet import load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.model.judged import JudgedHost
from smartfleet.paths import data_folder
from smartfleet.policy.judge import policy_of
from smartfleet.policy.remembered import remembered
from smartfleet.store import Store
from smartfleet.words import load_words
from tests.unit.builders import NEW, OLD, Case, facts_of

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "smartfleet.diff-1.json"


class Fleet:
    """Three hosts, and one more that left the inventory."""

    def __init__(self, folder: Path) -> None:
        write_example(folder, [OLD], NEW)
        for path in (folder / "inventory").iterdir():
            if path.is_file():
                path.unlink()
        (folder / "inventory" / "hosts.yml").write_text("all:\n  hosts:\n    pc-1:\n    pc-2:\n    pc-3:\n")
        self.folder = folder
        self.config = load_fleet(folder).config
        self.store = Store.of_fleet(folder / ".smartfleet", "")

    def audited(self, inventory: set[str] | None = None, **cases: Case) -> str:
        """A run as an audit leaves it, with `inventory` one that read all of it."""
        run = self.store.begin("audit", len(cases))
        facts = {name.replace("_", "-"): (time.time(), facts_of(case)) for name, case in cases.items()}
        self.store.add_facts(run, facts)
        self.store.finish(run, "done")
        if inventory is not None:
            self.store.note_inventory(run, inventory)
        self.store.add_judgements(run, self._judged(list(facts)))
        return run

    def _judged(self, hosts: list[str]) -> list[JudgedHost]:
        policy = policy_of(self.config, load_words("en", data_folder("templates")), time.time())
        return [remembered(one, policy.judge(one)) for one in gather(self.store, self.config, hosts)]

    def call(self, *arguments: str) -> int | str | None:
        with pytest.raises(SystemExit) as caught:
            main(("diff", *arguments, "--fleet", str(self.folder)))
        return caught.value.code


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


@pytest.fixture
def runs(fleet: Fleet) -> tuple[str, str]:
    moved: Case = {"accounts": [{"url": NEW}]}
    everybody = {"pc-1", "pc-2", "pc-3"}
    first = fleet.audited(pc_1={}, pc_2=moved, gone={})
    return first, fleet.audited(everybody, pc_1=moved, pc_2={}, pc_3={})


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    return found


def old_server(document: Any) -> dict[str, str]:
    return {one["host"]: one["after"] for one in document["checks_changed"] if one["check"] == "old-server"}


def test_a_host_that_left_is_told_once(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """In the time in which a run found it gone, and never again."""
    third = fleet.audited({"pc-1", "pc-2", "pc-3"}, pc_1={})
    spans: dict[tuple[str, ...], list[str]] = {
        runs: ["gone"], (runs[0],): ["gone"], (runs[1], third): [], (runs[1],): [], (third,): [],
    }  # fmt: skip
    for span, gone in spans.items():
        fleet.call(*span, "--format", "json")
        assert told(capsys)["hosts_gone"] == gone


def test_a_host_that_left_after_both_runs_was_there(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    third = fleet.audited(pc_2={}, later={})
    fourth = fleet.audited(later={"accounts": [{"url": NEW}]})
    fleet.call(third, fourth, "--format", "json")
    document = told(capsys)
    assert (document["hosts_gone"], old_server(document)) == ([], {"later": "pass"})
    fleet.call(fourth, "--format", "json")
    assert told(capsys)["hosts_gone"] == ["later"]


@pytest.mark.parametrize("to_now", [True, False])
def test_two_moments(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str], *, to_now: bool) -> None:
    first, second = runs
    assert fleet.call(first, *([] if to_now else [second]), "--format", "json") == 0
    document = told(capsys)
    assert (document["before"]["run"], document["after"]["run"]) == (first, "" if to_now else second)
    assert (document["hosts_new"], document["hosts_gone"]) == (["pc-3"], ["gone"])
    # none is compliant: nothing of theirs was verified
    assert old_server(document) == {"pc-1": "pass", "pc-2": "fail"}


def test_now_is_as_the_store_knows_it(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Facts that no judgement followed count too, as time that passed does."""
    fleet.store.add_facts(fleet.store.begin("audit", 1), {"pc-1": (1.0, facts_of({}))})
    fleet.call(runs[1], "--format", "json")
    document = told(capsys)
    assert old_server(document) == {"pc-1": "fail"}
    assert "audit-age" in {one["check"] for one in document["checks_changed"] if one["host"] == "pc-1"}


def test_some_hosts(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet.call(*runs, "--limit", "pc-1", "--format", "json") == 0
    document = told(capsys)
    assert (document["hosts_new"], document["hosts_gone"], old_server(document)) == ([], [], {"pc-1": "pass"})


def test_for_people_and_line_by_line(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet.call(*runs) == 0
    text = capsys.readouterr().out
    assert f"(run {runs[0]})" in text
    assert "pc-1 eva: old-server fail -> pass" in text
    fleet.call(*runs, "--format", "jsonl")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"pc-1", "pc-2"} == {line["host"] for line in lines}
    assert fleet.call("1h", runs[1]) == 0


def test_a_host_that_fell_back_ends_with_10(fleet: Fleet) -> None:
    states = (True, False)
    runs = [fleet.store.begin("audit", 1) for _ in states]
    for run, compliant in zip(runs, states, strict=True):
        fleet.store.add_judgements(run, [JudgedHost(host="pc-1", compliant=compliant)])
    assert fleet.call(*runs) == 10
    assert fleet.call(runs[0], runs[0]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["now"], "diff/bad-moment"),
        (["7d", "20260101-000000-00000000"], "diff/no-such-run"),
        ([""], "diff/bad-moment"),
    ],
)
def test_what_is_no_moment_is_wrong_usage(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    fleet.store.add_judgements(fleet.store.begin("audit", 0), [])
    assert fleet.call(*arguments) == 2
    assert code in capsys.readouterr().err


def test_the_other_way_round_is_no_use(fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet.call(runs[1], runs[0]) == 2
    assert "diff/backwards" in capsys.readouterr().err


def test_a_clock_that_was_set_back_turns_nothing_round(
    fleet: Fleet, runs: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first run was judged by a clock that was days ahead."""
    (path,) = (fleet.folder / ".smartfleet").glob("*.db")
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute("UPDATE judged_runs SET at = at + 500000 WHERE run_id = ?", [runs[0]])
    for arguments in ([*runs], [runs[0]]):
        assert fleet.call(*arguments, "--format", "json") == 0
        assert old_server(told(capsys)) == {"pc-1": "pass", "pc-2": "fail"}
    assert fleet.call(runs[1], runs[0]) == 2
    assert "diff/backwards" in capsys.readouterr().err


def test_a_fleet_without_history_says_what_to_do(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet.call("7d") == 2
    assert "smartfleet audit" in capsys.readouterr().err
