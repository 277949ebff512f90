"""What engines were given is written before they get it; what a lost worker may still work on is known to every run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet.model.campaign import HostProgress
from smartfleet.model.shards import ShardRecord
from smartfleet.store import Owner, Store
from smartfleet.store.database import Waits
from smartfleet.store.lease import LEASE
from smartfleet.store.shards import CONTROLLER_DIED, ShardEnd
from tests.unit.store_world import ELSEWHERE, HERE, NOW, Clock

DEAD = replace(HERE, pid=2**22 + 1)
MANY = [f"pc-{number:04}" for number in range(1200)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db", Waits(clock=clock))


def shard(run: str, name: str = "berlin-0", hosts: tuple[str, ...] = ("a", "b"), **more: object) -> ShardRecord:
    fields = {"engine": "dask", "site": "berlin", "playbook": "apply", "grace": 75.0, **more}
    return ShardRecord.model_validate({"run": run, "shard": name, "hosts": hosts, **fields})


def begun(store: Store, owner: Owner | None = None) -> str:
    run = store.begin("apply", 1)
    if owner:
        store.drive(run, owner)
    return run


def test_attempts_are_numbered_by_shard_for_ever(store: Store) -> None:
    first, second = begun(store), begun(store)
    assert [one.attempt for one in store.begin_shards([shard(first), shard(first, "berlin-1")])] == [1, 1]
    store.end_shard(ShardEnd(first, "berlin-0", 1, "done"))
    assert [one.attempt for one in store.begin_shards([shard(first), shard(second)])] == [2, 1]
    assert store.begin_shards([]) == []
    told = [(one.shard, one.attempt, one.state, one.begun_at) for one in store.shards(first)]
    assert told == [
        ("berlin-0", 1, "done", NOW),
        ("berlin-0", 2, "running", NOW),
        ("berlin-1", 1, "running", NOW),
    ]


def test_all_of_a_shard_comes_back(store: Store, clock: Clock) -> None:
    run = begun(store)
    [record] = store.begin_shards([shard(run, hosts=("a", "ä"), grace=None)])
    assert store.shards(run) == [record]
    clock.now += 5
    store.end_shard(ShardEnd(run, "berlin-0", 1, "failed", "worker/version", "w1"))
    ended = record.model_copy(update={"state": "failed", "code": "worker/version", "worker": "w1", "ended_at": NOW + 5})
    assert store.shards(run) == [ended]
    assert store.lost() == []


def test_hosts_of_a_lost_shard_are_lost_until_they_are_found(store: Store, clock: Clock) -> None:
    run = begun(store)
    store.begin_shards([shard(run, hosts=tuple(MANY))])
    store.end_shard(ShardEnd(run, "berlin-0", 1, "lost", "worker/lost", "w1", lost=MANY, grace=75.0))
    assert [one.host for one in store.lost()] == MANY
    clock.now += 70
    [one] = store.lost(["pc-0003", "pc-9999"])
    assert (one.run, one.engine, one.worker, one.since, one.wait) == (run, "dask", "w1", NOW, 5.0)
    clock.now += 70
    assert [one.wait for one in store.lost(["pc-0003"])] == [0.0]
    store.found(name for name in MANY if name != "pc-0003")
    store.found([])
    assert [one.host for one in store.lost()] == ["pc-0003"]


def test_a_clock_that_is_put_back_keeps_a_host_no_longer_than_a_loss_does(store: Store, clock: Clock) -> None:
    run = begun(store)
    store.begin_shards([shard(run)])
    store.end_shard(ShardEnd(run, "berlin-0", 1, "lost", lost=["a"], grace=75.0))
    clock.now -= 86_400
    assert [one.wait for one in store.lost()] == [75.0]


def test_a_host_that_is_lost_again_is_lost_to_the_later_one(store: Store, clock: Clock) -> None:
    run = begun(store)
    store.begin_shards([shard(run)])
    store.end_shard(ShardEnd(run, "berlin-0", 1, "lost", lost=["a", "b"], grace=75.0))
    clock.now += 100
    store.begin_shards([shard(run)])
    store.end_shard(ShardEnd(run, "berlin-0", 2, "lost", lost=["b"], grace=75.0))
    assert [(one.host, one.attempt, one.since) for one in store.lost()] == [("a", 1, NOW), ("b", 2, NOW + 100)]


def test_shards_of_a_dead_controller_are_given_up_with_the_hosts_that_came_to_no_end(store: Store) -> None:
    run = begun(store, DEAD)
    store.set_progress(
        HostProgress.model_validate({"run": run, "host": host, "wave": 0, "state": state})
        for host, state in [("a", "done"), ("b", "running"), ("c", "waiting")]
    )
    store.begin_shards([shard(run, hosts=("a", "b", "c")), shard(run, "here", ("d",), engine="local", grace=None)])
    store.abandon()
    told = [(one.shard, one.state, one.code) for one in store.shards(run)]
    assert told == [("berlin-0", "lost", CONTROLLER_DIED), ("here", "cancelled", CONTROLLER_DIED)]
    assert [one.host for one in store.lost()] == ["b", "c"]


@pytest.mark.parametrize("owner", [HERE, ELSEWHERE])
def test_shards_of_a_controller_that_lives_are_left_to_it(store: Store, clock: Clock, owner: Owner) -> None:
    run = begun(store, owner)
    store.begin_shards([shard(run)])
    store.abandon()
    assert [one.state for one in store.shards(run)] == ["running"]
    # its sign of life is old: one that is seen from here is asked for itself
    clock.now += LEASE + 1
    store.abandon()
    assert [one.state for one in store.shards(run)] == ["running" if owner == HERE else "lost"]


def test_who_takes_a_run_over_gives_up_what_was_on_its_way(store: Store) -> None:
    run = begun(store, HERE)
    store.begin_shards([shard(run), shard(run, "here", engine="local", grace=None)])
    store.abandon(run)
    assert {one.state for one in store.shards(run)} == {"lost", "cancelled"}
    assert {one.host for one in store.lost()} == {"a", "b"}


def test_looking_alone_keeps_nobody_off_a_host(store: Store) -> None:
    """An audit has no driver, so it cannot be told whether it goes on."""
    run = store.begin("audit", 2)
    store.begin_shards([shard(run, playbook="audit", grace=None)])
    store.abandon()
    assert [one.state for one in store.shards(run)] == ["running"]


def test_what_was_given_up_stays_so_whatever_its_controller_hears_later(store: Store) -> None:
    run = begun(store, DEAD)
    store.begin_shards([shard(run)])
    store.abandon()
    store.end_shard(ShardEnd(run, "berlin-0", 1, "done"))
    assert [one.state for one in store.shards(run)] == ["lost"]
    assert [one.host for one in store.lost()] == ["a", "b"]
