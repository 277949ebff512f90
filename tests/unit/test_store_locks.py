"""Locks of hosts: one run each, for as long as it lives, and what is left when it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from smartfleet.store import Owner, Store
from smartfleet.store.database import Waits
from smartfleet.store.lease import LEASE
from tests.unit.store_world import ELSEWHERE, HERE, Clock

DEAD = replace(HERE, pid=2**22 + 1)
MANY = [f"pc-{number}" for number in range(1200)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store.open(f"sqlite:///{tmp_path}/store.db", Waits(clock=clock))


def begun(store: Store, owner: Owner | None = None) -> str:
    run = store.begin("apply", 1)
    if owner:
        store.drive(run, owner)
    return run


def test_a_host_belongs_to_one_run(store: Store) -> None:
    first, second = begun(store, HERE), begun(store, ELSEWHERE)
    assert store.lock(first, ["a", "b"], LEASE, HERE) == {}
    held = store.lock(second, ["b", "c"], LEASE, ELSEWHERE)
    assert {host: lock.run for host, lock in held.items()} == {"b": first}
    assert (held["b"].where, held["b"].until - held["b"].taken) == (HERE.host, LEASE)
    # what it has it may take again
    assert store.lock(first, ["a", "b"], LEASE, HERE) == {}
    assert [(lock.host, lock.run) for lock in store.locks()] == [("a", first), ("b", first), ("c", second)]
    assert [lock.host for lock in store.locks(["c", "z"])] == ["c"]
    store.unlock(first, ["a"])
    assert [lock.host for lock in store.locks()] == ["b", "c"]
    store.unlock(first)
    assert [lock.host for lock in store.locks()] == ["c"]


def test_a_run_that_ends_gives_its_hosts_free(store: Store) -> None:
    run = begun(store, HERE)
    store.lock(run, MANY, LEASE, HERE)
    assert len(store.locks()) == len(MANY)
    store.finish(run, "done", HERE)
    assert store.locks() == []


@pytest.mark.parametrize(
    ("owner", "later", "held"),
    [
        pytest.param(HERE, LEASE + 1, True, id="alive here, past its end"),
        pytest.param(DEAD, 0.0, False, id="dead here"),
        pytest.param(ELSEWHERE, LEASE - 1, True, id="elsewhere"),
        pytest.param(ELSEWHERE, LEASE + 1, False, id="elsewhere, past its end"),
        pytest.param(ELSEWHERE, -3600.0, False, id="elsewhere, before the clock was set back"),
        pytest.param(None, LEASE - 1, True, id="a run that nobody drives"),
    ],
)
def test_how_long_a_lock_holds(store: Store, clock: Clock, owner: Owner | None, later: float, *, held: bool) -> None:
    first, second = begun(store, owner), begun(store, Owner("third", 1, ""))
    store.lock(first, ["a"], LEASE, owner or ELSEWHERE)
    clock.now += later
    assert [lock.run for lock in store.locks()] == ([first] if held else [])
    assert list(store.lock(second, ["a"], LEASE, Owner("third", 1, ""))) == (["a"] if held else [])


def test_signs_of_life_keep_the_locks(store: Store, clock: Clock) -> None:
    run = begun(store, ELSEWHERE)
    store.lock(run, ["a"], LEASE, ELSEWHERE)
    store.lock(run, ["b"], 10 * LEASE, ELSEWHERE)
    for _ in range(3):
        clock.now += LEASE - 1
        store.beat(run, ELSEWHERE)
    assert {lock.host: lock.until - clock.now for lock in store.locks()} == {
        "a": LEASE,
        "b": 10 * LEASE - 3 * (LEASE - 1),
    }


def test_a_sign_of_life_writes_one_row_however_many_hosts_are_held(store: Store, clock: Clock) -> None:
    """It comes every 20 seconds, and a wave may hold 20,000 hosts."""
    run = begun(store, ELSEWHERE)
    store.lock(run, MANY, LEASE, ELSEWHERE)
    clock.now += LEASE - 1
    written: list[int] = []

    def note(_connection: object, cursor: Any, *_about: object) -> None:
        written.append(cursor.rowcount)

    event.listen(Engine, "after_cursor_execute", note)
    try:
        store.beat(run, ELSEWHERE)
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    assert [count for count in written if count > 0] == [1]
    clock.now += LEASE - 1
    assert len(store.locks()) == len(MANY)


def test_a_sign_of_life_keeps_no_host_that_was_given_free(store: Store, clock: Clock) -> None:
    first, second = begun(store, ELSEWHERE), begun(store, Owner("third", 1, ""))
    store.lock(first, ["a", "b"], LEASE, ELSEWHERE)
    store.unlock(first, ["a"], ELSEWHERE)
    clock.now += LEASE - 1
    store.beat(first, ELSEWHERE)
    clock.now += LEASE - 1
    assert list(store.lock(second, ["a", "b"], LEASE, Owner("third", 1, ""))) == ["b"]
    assert [(lock.host, lock.until - clock.now) for lock in store.locks(["b"])] == [("b", 1.0)]


def test_a_host_that_another_run_took_stays_its_own(store: Store, clock: Clock) -> None:
    """A machine that slept too long, and wakes up: what was taken from it is not its own again."""
    first, second = begun(store, ELSEWHERE), begun(store, Owner("third", 1, ""))
    store.lock(first, ["a", "b"], LEASE, ELSEWHERE)
    clock.now += LEASE + 1
    assert store.lock(second, ["a"], LEASE, Owner("third", 1, "")) == {}
    store.beat(first, ELSEWHERE)
    assert [(lock.host, lock.run) for lock in store.locks()] == [("a", second), ("b", first)]


def test_a_lock_is_broken(store: Store) -> None:
    run = begun(store, HERE)
    store.lock(run, ["a"], LEASE, HERE)
    lock = store.break_lock("a", run)
    assert lock is not None
    assert (lock.host, lock.run) == ("a", run)
    assert store.break_lock("a", run) is None
    assert store.locks() == []


def test_who_lost_a_run_gives_none_of_its_hosts_free(store: Store, clock: Clock) -> None:
    """A machine that slept too long must not open the hosts on which another one works for the same run."""
    run = begun(store, ELSEWHERE)
    store.lock(run, ["a"], LEASE, ELSEWHERE)
    clock.now += LEASE + 1
    store.drive(run, HERE)
    store.lock(run, ["a"], LEASE, HERE)
    store.unlock(run, ["a"], ELSEWHERE)
    assert [lock.host for lock in store.locks()] == ["a"]
    store.unlock(run, ["a"], HERE)
    assert store.locks() == []


def test_only_the_lock_that_was_meant_is_broken(store: Store) -> None:
    """An admin thinks about a question for a while; another run may have the host by then."""
    run, other = begun(store, HERE), begun(store, HERE)
    store.lock(run, ["a"], LEASE, HERE)
    assert store.break_lock("a", other) is None
    assert [lock.run for lock in store.locks()] == [run]
    assert store.break_lock("a", run) is not None
