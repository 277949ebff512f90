"""The demo of a campaign that loses a worker and still ends right, with fewer machines than people see."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks

from smartfleet.cli.verbs.demo import command
from smartfleet.lab import demo
from smartfleet.lab.lab import Lab
from smartfleet.lab.scenarios import SCENARIOS
from smartfleet.store import Store
from tests.integration.demos import left_by_demo

pytestmark = pytest.mark.once

MACHINES = {"plain": "anna", "foreign": "emil", "odd-names": "lutz", "win-plain": "maja"}
"""The canary, one machine of each site; then two that two workers move at the same time."""
POWER_CUT = re.compile(r"^ +(worker-\d) loses its power while it moves accounts on (.+)$", re.MULTILINE)
LOST_SHARD = re.compile(r"a shard of (\d) machines? was lost with its worker \S+ \((outpost|cluster)\): (\S+)")


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where all commands and workers keep temporary files. Its name is short: sockets are there."""
    with tempfile.TemporaryDirectory(prefix="sf-") as made:
        monkeypatch.setenv("TMPDIR", made)
        yield Path(made)


@pytest.mark.timeout(1200)
def test_a_campaign_that_loses_a_worker_ends_right(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    folder = tmp_path / "demo"
    few = [scenario for scenario in SCENARIOS if scenario.name in MACHINES]
    monkeypatch.setattr(demo, "Demo", partial(demo.Demo, scenarios=few))
    noted = moves_at_the_end(monkeypatch)
    code = command(folder=folder, workers=2)
    told, wrong = capsys.readouterr()
    assert (code, wrong) == (0, ""), told
    assert f"the report: {folder / 'report.html'}" in told
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!")
    (_worker, moving), *more = POWER_CUT.findall(told)
    assert not more
    shards = LOST_SHARD.findall(told)
    assert sum(int(hosts) for hosts, _engine, _code in shards) >= len(moving.split(", "))
    assert {code for _hosts, _engine, code in shards} <= {"engine/ssh-lost", "worker/died"}
    assert "the server's log since the move began: 0 files downloaded, 0 uploaded" in told
    assert ended_right(folder / "fleet", moving.split(", "))
    assert noted == dict.fromkeys(MACHINES, ("open", "done"))
    assert not left_by_demo(folder)
    assert not list(temporary.iterdir())


def ended_right(fleet: Path, moving: list[str]) -> bool:
    """What the store says of the one run: everybody moved, the lost machines asked first, nothing left noted."""
    store = Store.of_fleet(fleet / ".smartfleet", "")
    try:
        (run,) = [one for one in store.runs() if one.verb == "apply"]
        outcomes = {(one.host, one.user): one.outcome for one in store.outcomes(run=run.run)}
        looked = [entry for entry in store.trail() if entry.run == run.run and entry.event == "looked-at-lost"]
        assert run.state == "done"
        assert outcomes == dict.fromkeys(MACHINES.items(), "moved")
        assert set(moving) <= set(looked[0].hosts)
        assert not store.lost(list(MACHINES))
        return store.check_trail().ok
    finally:
        store.close()


def moves_at_the_end(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """To be filled when the lab is stopped: each machine's own notes of the moves begun on it, and how they ended."""
    noted: dict[str, tuple[str, ...]] = {}
    stop = Lab.stop

    def look_and_stop(lab: Lab) -> None:
        for name in MACHINES:
            paths = lab.layout.root(name).glob("**/runs/*/*/marks.jsonl")
            marks = [mark for path in paths for mark in Marks(str(path)).read()]
            noted[name] = tuple(mark.state for mark in marks if mark.step == "transaction")
        stop(lab)

    monkeypatch.setattr(Lab, "stop", look_and_stop)
    return noted
