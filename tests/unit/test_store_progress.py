"""What a resume goes by: waves, how far each host is, and what waits in the queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event

from smartfleet.model.campaign import HostProgress, RunSettings, Wave
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.plan.file import plan_hash, sealed
from smartfleet.store import Owner, Store

NOW = 1_790_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db")


def test_waves_come_back_and_change(store: Store) -> None:
    run = store.begin("apply", 3)
    waves = [Wave(number=0, name="canary", hosts=["b", "ä"]), Wave(number=1, name="wave 1", hosts=["a"])]
    store.set_waves(run, waves)
    assert store.waves(run) == waves
    store.set_wave(run, 0, "soaking", NOW)
    assert [(wave.state, wave.soak_until) for wave in store.waves(run)] == [("soaking", NOW), ("pending", None)]
    store.set_wave(run, 0, "done")
    assert [(wave.state, wave.soak_until) for wave in store.waves(run)] == [("done", None), ("pending", None)]
    store.set_waves(run, waves[:1])
    assert store.waves(run) == waves[:1]
    assert store.waves("another") == []


def test_progress_is_one_statement_for_500_hosts_whether_they_wait_for_a_time_or_not(store: Store) -> None:
    run = store.begin("apply", 1200)
    told: list[str] = []
    event.listen(store._database.engine, "before_cursor_execute", lambda *about: told.append(about[2]))
    store.set_progress(
        HostProgress(run=run, host=f"pc-{number:04}", wave=0, next_at=NOW if number % 2 else None)
        for number in range(1200)
    )
    assert [statement.split()[0] for statement in told] == ["BEGIN", "INSERT", "INSERT", "INSERT"]
    assert [row.next_at for row in store.progress(run)][:3] == [None, NOW, None]
    told.clear()
    store.set_progress([])
    assert told == []


def test_progress_is_written_anew(store: Store) -> None:
    run, other = store.begin("apply", 1200), store.begin("apply", 1)
    rows = [HostProgress(run=run, host=f"pc-{number:04}", wave=number // 1000) for number in range(1200)]
    store.set_progress(iter(rows))
    store.set_progress([HostProgress(run=other, host="pc-0003", wave=0)])
    assert store.progress(run) == rows
    changed = rows[3].model_copy(
        update={"state": "waiting", "attempts": 2, "next_at": NOW, "outcome": "waiting-online", "code": "offline"}
    )
    store.set_progress([changed])
    assert store.progress(run, "waiting") == [changed]
    assert len(store.progress(run, "pending")) == 1199
    assert store.last_progress("pc-0003") == HostProgress(run=other, host="pc-0003", wave=0)
    store.set_progress([])


@pytest.mark.parametrize(
    ("state", "until", "host", "queued"),
    [
        ("waiting", NOW + 1, "waiting", True),
        ("running", NOW + 1, "waiting", True),
        ("waiting", NOW, "waiting", False),
        ("waiting", None, "waiting", False),
        ("waiting", NOW + 1, "done", False),
        ("interrupted", NOW + 1, "waiting", False),
        ("stopped", NOW + 1, "waiting", False),
        ("failed", NOW + 1, "waiting", False),
        ("done", NOW + 1, "waiting", False),
    ],
)
def test_the_queue(store: Store, state: str, until: float | None, host: str, *, queued: bool) -> None:
    run = store.begin("apply", 1, settings=RunSettings(until=until))
    row = HostProgress.model_validate({"run": run, "host": "a", "wave": 0, "state": host})
    store.set_progress([row])
    if state != "running":
        store.drive(run, Owner.mine())
        store.finish(run, state)
    assert store.queued(NOW) == ([run] if queued else [])


def test_a_plan_is_kept_by_host(store: Store) -> None:
    hosts = [HostPlan(host=f"pc-{number}", os="linux", facts_taken=1.0, profiles=[]) for number in range(1200)]
    plan = sealed(
        Plan(
            created=1.0, old_servers=["https://a"], new_server="https://b", strategy="move", instance_id="", hosts=hosts
        )
    )
    store.add_plan(plan)
    kept = store.plan(plan.hash)
    assert kept == plan
    assert plan_hash(plan) == plan_hash(kept)
    assert [host.host for host in store.plan_hosts(plan.hash, ["pc-1100", "pc-7", "pc-9999"])] == ["pc-7", "pc-1100"]
    assert len(store.plan_hosts(plan.hash, [host.host for host in hosts])) == 1200
    # a plan never changes under its hash
    store.add_plan(plan.model_copy(update={"hosts": hosts[:1]}))
    assert store.plan(plan.hash) == plan


def test_postponing_is_counted_by_server(store: Store) -> None:
    for times in (1, 2):
        found = store.postpone("https://new.example.org", "pc-1", "eva", NOW + times)
        assert (found.times, found.until) == (times, NOW + times)
    store.postpone("https://new.example.org", "pc-2", "eva", NOW)
    assert store.postponed("https://new.example.org", ["pc-1", "pc-3"]) == [found]
    assert store.postponed("https://other.example.org", ["pc-1"]) == []
