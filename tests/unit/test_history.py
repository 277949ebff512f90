"""`smartfleet history`, and the lines that the commands write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smartfleet.campaign.audit import audit
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.rehearsal import rehearse
from smartfleet.campaign.rollback import rollback
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.verify import Question, verify
from smartfleet.cli.main import main
from smartfleet.engines.answers import PROBE, Answer, RunAnswers, gather
from smartfleet.errors import StoreError
from smartfleet.fleet import load_fleet
from smartfleet.fleet.example import write_example
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD
from tests.unit.campaign_world import World

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "smartfleet.history-1.json"
HOSTS = ["pc-1", "pc-2"]


@dataclass(frozen=True)
class Fleet:
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def file(self) -> Path:
        return self.folder / ".smartfleet" / "store.db"

    def store(self) -> Store:
        return Store.of_fleet(self.file.parent, "")

    def history(self, *options: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["history", "--fleet", str(self.folder), *options])
        told = self.capsys.readouterr()
        return int(caught.value.code or 0), told.out, told.err

    def tamper(self, statement: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.executescript("drop trigger trail_no_update; drop trigger trail_no_delete;")
            connection.execute(statement)


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    write_example(tmp_path, [OLD], NEW)
    return Fleet(load_fleet(tmp_path).folder, capsys)


def test_an_empty_trail_says_so(fleet: Fleet) -> None:
    assert fleet.history() == (0, "The audit trail is empty.\n", "")


def test_people_see_who_did_what(fleet: Fleet) -> None:
    store = fleet.store()
    store.add_trail("begun", run="20261122-1", verb="apply", plan_hash="ab" * 32, hosts=HOSTS)
    store.add_trail(
        "ended",
        run="20261122-1",
        verb="apply",
        plan_hash="ab" * 32,
        outcomes={"moved": 3, "failed": 1},
        detail="\x1b[2Jdone",
    )
    code, out, _ = fleet.history()
    assert code == 0
    begun, over, ended, came = out.splitlines()
    assert begun.split()[-3:] == ["apply", "begun", "20261122-1"]
    assert over == "  plan abababababab; 2 hosts"
    assert ended.split()[-3:] == ["apply", "ended", "20261122-1"]
    assert came == "  plan abababababab; failed 1, moved 3; \\x1b[2Jdone"


def test_the_newest_lines_or_all(fleet: Fleet) -> None:
    store = fleet.store()
    for number in range(60):
        store.add_trail("begun", detail=str(number))
    _, newest, _ = fleet.history("--format", "jsonl")
    _, everything, _ = fleet.history("--format", "jsonl", "--all")
    assert [json.loads(line)["number"] for line in newest.splitlines()] == list(range(11, 61))
    assert [json.loads(line)["number"] for line in everything.splitlines()] == list(range(1, 61))


def test_a_check_proves_the_trail_and_tells_the_last_hash(fleet: Fleet) -> None:
    last = [fleet.store().add_trail("begun", hosts=HOSTS) for _ in range(3)][-1].hash
    code, out, _ = fleet.history("--check")
    assert (code, "ok: 3 lines, each as it was written" in out, last in out) == (0, True, True)
    fleet.store().add_trail("ended")
    code, out, _ = fleet.history("--anchor", last, "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert (code, document["check"]["ok"], document["check"]["anchor"]) == (0, True, last)
    assert document["entries"][0]["hosts"] == HOSTS


def test_a_changed_line_ends_with_1(fleet: Fleet) -> None:
    for _ in range(3):
        fleet.store().add_trail("begun", hosts=HOSTS)
    fleet.tamper("update trail set document = replace(document, 'pc-1', 'pc-9') where number = 2")
    code, out, err = fleet.history("--check")
    assert (code, "error[store/trail-broken]" in err, "line 2 was changed" in out) == (1, True, True)
    code, out, _ = fleet.history("--check", "--format", "json")
    document = json.loads(out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert (code, document["check"]["broken_at"], document["entries"]) == (1, 2, [])


def test_an_end_that_was_cut_off_ends_with_1(fleet: Fleet) -> None:
    last = [fleet.store().add_trail("begun") for _ in range(3)][-1].hash
    fleet.tamper("delete from trail where number = 3")
    assert fleet.history("--check")[0] == 0
    code, _, err = fleet.history("--anchor", last)
    assert (code, "cut off" in err) == (1, True)


@pytest.mark.parametrize("anchor", ["", "abc", "A" * 64, "0" * 63 + "\n"])
def test_an_anchor_that_is_none_is_wrong_usage(fleet: Fleet, anchor: str) -> None:
    assert fleet.history("--anchor", anchor)[0] == 2


def nobody_answers(run: Run, _controls: Controls) -> RunAnswers:
    told = [Answer(host, PROBE, "unreachable", {"msg": "port 22 did not answer"}) for host in run.hosts]
    return RunAnswers(gather(run.hosts, told), interrupted=False, rc=0)


def broken(_run: Run, _controls: Controls) -> RunAnswers:
    raise RuntimeError("no Ansible")


VERBS: dict[str, Callable[[Campaign, World], Any]] = {
    "audit": lambda campaign, _world: audit(campaign, HOSTS),
    "verify": lambda campaign, _world: verify(campaign, HOSTS, Question("size")),
    "check": lambda campaign, world: rehearse(campaign, world.plan),
    "rollback": lambda campaign, _world: rollback(campaign, {host: [Moved("eva", "/c")] for host in HOSTS}),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_notes_its_begin_and_its_end(tmp_path: Path, verb: str) -> None:
    world = World(tmp_path, HOSTS)
    VERBS[verb](replace(world.campaign(), execute=nobody_answers), world)
    begun, ended = world.store.trail()
    assert (begun.event, begun.verb, begun.hosts) == ("begun", verb, HOSTS)
    assert (ended.event, ended.verb, ended.run, ended.detail) == ("ended", verb, begun.run, "done")
    assert ended.outcomes == {"waiting-online": 2}
    assert begun.plan_hash == (world.plan.hash if verb == "check" else "")


@pytest.mark.parametrize("verb", VERBS)
def test_a_command_that_breaks_notes_that(tmp_path: Path, verb: str) -> None:
    world = World(tmp_path, HOSTS)
    with pytest.raises(RuntimeError):
        VERBS[verb](replace(world.campaign(), execute=broken), world)
    assert [(line.event, line.detail) for line in world.store.trail()] == [("begun", ""), ("ended", "failed")]
    assert world.store.runs(1)[0].state == "failed"


def test_the_first_error_is_told_when_the_store_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, HOSTS)

    def full(*_values: object, **_named: object) -> None:
        raise StoreError("store/full", "no room")

    def first(_run: Run, _controls: Controls) -> RunAnswers:
        for name in ("add_trail", "finish"):
            monkeypatch.setattr(world.store, name, full)
        raise RuntimeError("the first error")

    with pytest.raises(RuntimeError, match="the first error"):
        audit(replace(world.campaign(), execute=first), HOSTS)
