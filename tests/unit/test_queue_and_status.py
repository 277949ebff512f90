"""Who waits, who is locked and what was begun: from the store to what an admin reads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smartfleet.cli.main import main
from smartfleet.cli.standing import begun
from smartfleet.cli.waiting import queued
from smartfleet.cli.welcome import welcome
from smartfleet.fleet.example import write_example
from smartfleet.model.campaign import HostProgress, RunSettings, Wave
from smartfleet.model.queue import QueueDocument
from smartfleet.report import terminal
from smartfleet.store import Store
from smartfleet.store.lease import Owner
from tests.unit.builders import NEW, OLD, facts_of, outcome
from tests.unit.screens import EVIL, shown

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
DAY = 86_400.0


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    write_example(tmp_path, [OLD], NEW)
    inventory = tmp_path / "inventory"
    for path in inventory.iterdir():
        if path.is_file():
            path.unlink()
    (inventory / "hosts.yml").write_text("all:\n  hosts:\n    pc-1:\n    pc-2:\n    pc-3:\n")
    return tmp_path


@pytest.fixture
def store(fleet: Path) -> Store:
    return Store.of_fleet(fleet / ".smartfleet", "")


def waiting_run(store: Store, *hosts: str, until: float | None = None, code: str = "offline") -> str:
    settings = RunSettings(until=until or time.time() + DAY)
    run = store.begin("apply", len(hosts), "0" * 64, settings=settings)
    store.set_waves(run, [Wave(number=0, name="wave 1", hosts=list(hosts), state="done")])
    store.set_progress(
        HostProgress(
            run=run, host=host, wave=0, state="waiting", attempts=2, next_at=time.time() + 3600,
            outcome="waiting-online", code=code,
        )
        for host in hosts
    )  # fmt: skip
    store.finish(run, "waiting")
    return run


def call(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert call(*arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    schema = json.loads((SCHEMAS / f"{found['schema'].replace('/', '-')}.json").read_text("utf-8"))
    jsonschema.validate(found, schema)
    return found


class TestQueue:
    def test_an_empty_queue(self, fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert call("queue", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        assert (told.out, told.err) == ("The queue is empty.\n", "")

    def test_hosts_that_wait_are_listed(self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        run = waiting_run(store, "pc-1", "pc-2")
        assert call("queue", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        assert "2 hosts in the queue of 1 run" in told.out
        assert f"Run {run}" in told.out
        assert "every 15 min until" in told.out
        assert "waiting-online  offline      2" in told.out
        assert told.err.startswith("next: smartfleet queue run")

    def test_as_a_document(self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        run = waiting_run(store, "pc-1")
        over = waiting_run(store, "pc-1", "pc-3", until=time.time() - 1)
        store.add_outcomes(over, [outcome("pc-1", "waiting-online"), outcome("pc-3", "waiting-session")])
        found = document(capsys, "queue", "list", "--fleet", str(fleet))
        assert [(one["run"], [host["host"] for host in one["hosts"]]) for one in found["runs"]] == [(run, ["pc-1"])]
        assert found["unqueued"] == ["pc-3"]

    def test_hosts_that_nobody_tries_any_more(
        self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = waiting_run(store, "pc-1", until=time.time() - 1)
        store.add_outcomes(run, [outcome("pc-1", "waiting-online")])
        assert call("queue", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        assert "Waiting, but in no queue\n  pc-1" in told.out
        assert "next: smartfleet apply --retry waiting" in told.err

    def test_many_hosts_are_counted(self, store: Store) -> None:
        waiting_run(store, *(f"pc-{number}" for number in range(30)))
        text = shown(terminal.queue(queued(store, time.time()), time.time()))
        assert "and 10 more: --format json has all" in text

    def test_text_from_hosts_stays_text(self, store: Store) -> None:
        waiting_run(store, EVIL, code=EVIL[:60])
        text = shown(terminal.queue(queued(store, time.time()), time.time()), colour=True)
        assert "\x1b[2J" not in text
        assert "\u202e" not in text

    def test_one_that_is_due(self, store: Store) -> None:
        waiting_run(store, "pc-1")
        assert "due" in shown(terminal.queue(queued(store, time.time()), time.time() + 7200))


class TestStatus:
    def test_runs_with_waiting_hosts_and_locks(
        self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run = waiting_run(store, "pc-1", "pc-2")
        busy = store.begin("rollback", 1)
        store.lock(busy, ["pc-3"], 90.0, Owner.mine())
        assert call("status", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        row = next(line for line in told.out.splitlines() if line.strip().startswith(run))
        assert row.split()[4:7] == ["waiting", "2", "2"]
        assert f"1 host by run {busy} of " in told.out
        assert told.out.rstrip().endswith(": pc-3")
        assert "next: smartfleet queue run" in told.err
        found = document(capsys, "status", "--fleet", str(fleet))
        assert found["waiting"] == {run: 2}
        assert [lock["host"] for lock in found["locks"]] == ["pc-3"]

    def test_a_run_that_was_cut_off(self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        run = store.begin("apply", 1, "0" * 64, settings=RunSettings())
        assert call("status", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        assert "cut off" in told.out
        assert f"next: smartfleet apply --resume {run}" in told.err
        assert f"smartfleet apply --resume {run}" in welcome(fleet)

    @pytest.mark.parametrize(("verb", "state"), [("rollback", "cut off"), ("purge", "cut off"), ("audit", "running")])
    def test_what_else_was_cut_off(
        self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str], verb: str, state: str
    ) -> None:
        """Audits give no sign of life."""
        run = store.begin(verb, 1)
        assert call("status", "--fleet", str(fleet)) == 0
        told = capsys.readouterr()
        assert state in next(line for line in told.out.splitlines() if line.strip().startswith(run))
        store.drive(run, Owner.mine())
        assert call("status", "--fleet", str(fleet)) == 0
        assert "running" in capsys.readouterr().out
        assert "--resume" not in told.err

    def test_many_locks_are_one_line(self, store: Store) -> None:
        run = store.begin("apply", 50, settings=RunSettings())
        store.lock(run, [f"pc-{number:02}" for number in range(50)], 90.0, Owner.mine())
        locks = store.locks()
        lines = [line.plain for line in terminal.locked(locks)]
        assert len(lines) == 1
        assert lines[0].endswith("pc-08, pc-09 and 40 more")


class TestShow:
    def test_how_far_a_host_is_and_who_holds_it(
        self, fleet: Path, store: Store, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store.add_facts(store.begin("audit", 1), {"pc-1": (time.time(), facts_of({}))})
        waiting_run(store, "pc-1")
        run = waiting_run(store, "pc-1")
        busy = store.begin("apply", 1)
        store.lock(busy, ["pc-1"], 90.0, Owner.mine())
        assert call("show", "pc-1", "--fleet", str(fleet)) == 0
        told = capsys.readouterr().out
        assert f"In the last run\n  {run}: waiting after 2 tries, next try" in told
        assert f"Locked\n  by run {busy} of " in told
        found = document(capsys, "show", "pc-1", "--fleet", str(fleet))
        assert (found["lock"]["run"], found["progress"]["run"]) == (busy, run)

    def test_a_host_that_was_never_in_a_run(self, store: Store) -> None:
        assert store.last_progress("pc-9") is None


def test_nothing_was_begun(store: Store) -> None:
    assert begun(store) == ([], {})
    assert queued(store, time.time()) == QueueDocument(runs=[], unqueued=[])
