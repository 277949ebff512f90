"""Who drives a run: one process at a time, taken over when it is dead or silent, by clocks that may jump."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from smartfleet.errors import StoreError
from smartfleet.model.campaign import CampaignSettings, RunSettings
from smartfleet.store import Owner, Store
from smartfleet.store.database import Waits
from smartfleet.store.lease import LEASE, RENEW
from tests.unit.store_world import ELSEWHERE, HERE, NOW, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db", Waits(clock=clock))


def refused(store: Store, run: str, owner: Owner) -> str:
    """The code that keeps `owner` from driving; "" when nothing does."""
    try:
        store.drive(run, owner)
    except StoreError as error:
        return error.code
    return ""


def test_the_newest_run_is_the_one_begun_last(store: Store, clock: Clock) -> None:
    runs = []
    for _ in range(3):
        runs.append(store.begin("apply", 1))
        clock.now -= 3600
    assert [run.run for run in store.runs()] == runs[::-1]
    assert [run.run for run in store.runs(1)] == runs[2:]


def test_settings_and_parent_come_back(store: Store) -> None:
    settings = RunSettings(campaign=CampaignSettings(canary=["pc-1"]), until=NOW + 5, parent="before")
    run = store.begin("apply", 1, settings=settings, parent="before")
    assert store.settings(run) == settings
    assert store.settings(store.begin("audit", 1)) is None
    assert store.settings("no such run") is None
    found = store.run(run)
    assert found is not None
    assert (found.parent, found.driven) == ("before", False)


@pytest.mark.parametrize(
    ("driver", "later", "expected"),
    [
        pytest.param(HERE, 0.0, "store/run-alive", id="alive here"),
        pytest.param(HERE, LEASE + 1, "store/run-alive", id="alive here, but silent: it may have been suspended"),
        pytest.param(replace(HERE, started=HERE.started + "0"), 0.0, "", id="its id belongs to a later process"),
        pytest.param(replace(HERE, pid=2**22 + 1), 0.0, "", id="no such process"),
        pytest.param(ELSEWHERE, 0.0, "store/run-alive", id="elsewhere, a moment ago"),
        pytest.param(ELSEWHERE, LEASE - 1, "store/run-alive", id="elsewhere, lately"),
        pytest.param(ELSEWHERE, LEASE + 1, "", id="elsewhere, silent"),
        pytest.param(ELSEWHERE, -LEASE + 1, "store/run-alive", id="elsewhere, the clock was set back a little"),
        pytest.param(ELSEWHERE, -3600.0, "", id="elsewhere, the clock was set back an hour"),
        pytest.param(replace(HERE, started="boot/pid:[1]/1"), 0.0, "store/run-alive", id="another container"),
        pytest.param(replace(HERE, started="boot/pid:[1]/1"), LEASE + 1, "", id="before the machine was restarted"),
    ],
)
def test_who_may_take_a_run_over(store: Store, clock: Clock, driver: Owner, later: float, expected: str) -> None:
    run = store.begin("apply", 1)
    store.drive(run, driver)
    clock.now += later
    assert refused(store, run, Owner("third", 1, "")) == expected
    assert store.driver(run) == (driver if expected else Owner("third", 1, ""))


def test_its_own_driver_takes_it_again(store: Store) -> None:
    run = store.begin("apply", 1)
    for _ in range(2):
        store.drive(run, HERE)
    found = store.run(run)
    assert found is not None
    assert found.driven


def test_a_killed_process_is_taken_over_at_once(store: Store, tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from smartfleet.store import Owner, Store\n"
        "store = Store.open(sys.argv[1])\n"
        "run = store.begin('apply', 1)\n"
        "store.drive(run, Owner.mine())\n"
        "print(run, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path}/store.db"], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        run = child.stdout.readline().strip()
        assert store.driver(run) is not None
        child.kill()
        # dead, but nobody has looked after it yet: it still has an entry in the table of processes
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert refused(store, run, HERE) == ""


def test_a_resumed_run_runs_again(store: Store) -> None:
    run = store.begin("apply", 1)
    store.drive(run, HERE)
    store.finish(run, "interrupted")
    store.drive(run, ELSEWHERE)
    found = store.run(run)
    assert found is not None
    assert (found.state, found.finished, found.driven) == ("running", None, True)


def test_signs_of_life_are_written_now_and_then(store: Store, clock: Clock) -> None:
    run = store.begin("apply", 1)
    store.drive(run, ELSEWHERE)
    writes = []
    event.listen(store._database.engine, "commit", lambda _connection: writes.append(clock.now))
    for _ in range(int(2 * LEASE)):
        clock.now += 1
        store.beat(run, ELSEWHERE)
    assert len(writes) == 2 * LEASE // RENEW
    clock.now -= 3600
    store.beat(run, ELSEWHERE)
    assert refused(store, run, HERE) == "store/run-alive"


def test_one_that_was_taken_over_is_told_and_closes_nothing(store: Store, clock: Clock) -> None:
    run = store.begin("apply", 1)
    store.drive(run, ELSEWHERE)
    clock.now += LEASE + 1
    store.drive(run, HERE)
    with pytest.raises(StoreError) as caught:
        store.beat(run, ELSEWHERE)
    assert caught.value.code == "store/run-lost"
    store.finish(run, "failed", ELSEWHERE)
    assert store.driver(run) == HERE
    store.finish(run, "done", HERE)
    found = store.run(run)
    assert found is not None
    assert (found.state, found.driven) == ("done", False)


@pytest.mark.parametrize("act", ["drive", "beat", "finish"])
def test_a_run_that_does_not_exist_is_an_error(store: Store, act: str) -> None:
    with pytest.raises(StoreError) as caught:
        getattr(store, act)("no-such-run", "done" if act == "finish" else HERE)
    assert caught.value.code == "store/no-run"


def test_a_process_knows_itself() -> None:
    assert Owner.mine() == HERE
    assert (HERE.life, ELSEWHERE.life) == ("alive", "unknown")
    assert replace(HERE, pid=1).life == "dead"
