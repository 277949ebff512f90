"""The store on a real PostgreSQL server, where one is installed: also one that goes away in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from smartfleet.errors import StoreError
from smartfleet.model.campaign import HostProgress, RunSettings
from smartfleet.model.plan import HostPlan, Plan
from smartfleet.model.results import Outcome
from smartfleet.model.shards import ShardRecord
from smartfleet.plan.file import sealed
from smartfleet.store import Owner, Store
from smartfleet.store.database import Waits
from smartfleet.store.lease import LEASE
from smartfleet.store.shards import ShardEnd
from tests.integration.postgres import Cut, Server, Wire
from tests.unit.builders import facts_of
from tests.unit.test_sending import message

pytestmark = pytest.mark.once


@pytest.fixture
def name(server: Server) -> str:
    return server.database()


@pytest.fixture
def store(server: Server, name: str) -> Iterator[Store]:
    opened = Store.open(server.url(name))
    yield opened
    opened.close()


def outcome(host: str, name: str) -> Outcome:
    return Outcome.model_validate({"host": host, "user": "eva", "config_path": "/c", "outcome": name})


def test_what_is_seen_comes_back(server: Server, name: str, store: Store) -> None:
    run = store.begin("audit", 1)
    facts = facts_of({})
    store.add_facts(run, {"a": (1.0, facts), "b": (1.0, facts)})
    store.add_facts(run, {"a": (2.0, facts)})
    store.add_outcomes(run, [outcome("a", "failed"), outcome("a", "moved")])
    assert {host: taken for host, (taken, _) in store.facts().items()} == {"a": 2.0, "b": 1.0}
    assert [one.outcome for one in store.outcomes(["a"], run=run)] == ["moved"]
    store.finish(run, "done")
    again = Store.open(server.url(name))
    assert [one.state for one in again.runs()] == ["done"]
    again.close()


def test_of_several_processes_one_sends_a_message(server: Server, name: str, store: Store) -> None:
    sent = store.add_message("desk", "apply", message())
    stores = [Store.open(server.url(name)) for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as pool:
        taken = [one for one in pool.map(lambda one: one.take_message(sent, 2e9), stores) if one]
    for one in stores:
        one.close()
    assert [(one.id, one.attempts, one.message) for one in taken] == [(sent, 1, message())]
    store.message_failed(sent, "no answer", 3e9, message(reached=["a@example.org"]))
    assert [(entry.state, entry.trouble, entry.next_at) for entry in store.outbox()] == [("waiting", "no answer", 3e9)]
    again = store.take_message(sent, 3e9)
    assert again
    assert again.message.reached == ["a@example.org"]
    store.message_sent(sent, 3e9)
    assert store.outbox() == []


def test_a_campaign_comes_back(store: Store) -> None:
    hosts = [HostPlan(host=f"pc-{number}", os="linux", facts_taken=1.0, profiles=[]) for number in range(1200)]
    plan = sealed(
        Plan(created=1.0, old_servers=["https://a"], new_server="b", strategy="move", instance_id="", hosts=hosts)
    )
    store.add_plan(plan)
    assert store.plan(plan.hash) == plan
    me = Owner.mine()
    run, other = store.begin("apply", 1200, plan.hash), store.begin("apply", 1)
    store.drive(run, me)
    store.drive(other, Owner("elsewhere", 1, ""))
    names = [host.host for host in hosts]
    assert store.lock(run, names, LEASE, me) == {}
    assert list(store.lock(other, ["pc-7", "z"], LEASE, me)) == ["pc-7"]
    with pytest.raises(StoreError) as caught:
        store.drive(other, me)
    assert caught.value.code == "store/run-alive"
    rows = [HostProgress(run=run, host=host, wave=0) for host in sorted(names)]
    store.set_progress(rows)
    store.set_progress([rows[7].model_copy(update={"state": "done"})])
    assert [row.host for row in store.progress(run, "done")] == [rows[7].host]
    store.finish(run, "done", me)
    assert [lock.host for lock in store.locks()] == ["z"]
    again = store.begin("apply", 1, settings=RunSettings(until=3e9))
    assert store.queued(1.0) == []
    store.set_progress([HostProgress(run=again, host="z", wave=0, state="waiting")])
    assert (store.queued(1.0), store.queued(4e9)) == ([again], [])


def test_of_two_controllers_each_keeps_its_hosts_with_its_signs_of_life(
    server: Server, name: str, store: Store
) -> None:
    """Neither can see whether the other's process lives: both rely on what stands in the store."""
    other = Store.open(server.url(name), Waits(clock=lambda: time.time() + 1000))
    here, there = Owner("east", 1, ""), Owner("west", 1, "")
    mine, theirs = store.begin("apply", 2), other.begin("apply", 2)
    store.drive(mine, here)
    other.drive(theirs, there)
    # taken for no time at all: what holds them is the run's last sign of life
    assert store.lock(mine, ["a", "b"], 0.0, here) == {}
    assert list(other.lock(theirs, ["b", "c"], 0.0, there)) == ["b"]
    assert [(lock.host, lock.run) for lock in store.locks()] == [("a", mine), ("b", mine), ("c", theirs)]
    with psycopg.connect(server.url(name).replace("+psycopg", "")) as direct:
        direct.execute("UPDATE runs SET renewed = renewed - %s WHERE id = %s", [LEASE + 1, mine])
    assert list(other.lock(theirs, ["b", "c"], 0.0, there)) == []
    fresh = Store.open(server.url(name))
    fresh.beat(mine, here)
    assert [(lock.host, lock.run) for lock in store.locks()] == [("a", mine), ("b", theirs), ("c", theirs)]
    assert list(store.lock(mine, ["b"], 0.0, here)) == ["b"]
    fresh.close()
    other.close()


def test_lost_hosts_come_back_and_are_found(store: Store) -> None:
    run, names = store.begin("apply", 1200), [f"pc-{number:04}" for number in range(1200)]
    store.drive(run, Owner.mine())
    shard = ShardRecord(run=run, shard="b-0", engine="dask", playbook="apply", hosts=names, grace=75.0)
    assert [one.attempt for _ in range(2) for one in store.begin_shards([shard])] == [1, 2]
    store.end_shard(ShardEnd(run, "b-0", 1, "lost", "worker/lost", "w1", lost=names[:1000], grace=75.0))
    store.abandon()
    assert [one.state for one in store.shards(run)] == ["lost", "running"]
    store.abandon(run)
    lost = store.lost(names)
    assert [(one.host, one.attempt) for one in lost] == [(name, 2) for name in names]
    assert 60.0 < lost[0].wait <= 75.0
    store.found(names[1:])
    assert [one.host for one in store.lost()] == names[:1]


@pytest.mark.parametrize(
    "statement",
    [
        "update trail set document = '' where number = 1",
        "delete from trail",
        "truncate trail",
        "insert into trail select 2, previous, 'x', '' from trail",
        "insert into trail select * from trail on conflict (number) do update set document = ''",
    ],
)
def test_the_database_refuses_to_change_the_trail(server: Server, name: str, store: Store, statement: str) -> None:
    store.add_trail("begun", hosts=["ä\x00"])
    with pytest.raises((psycopg.errors.RaiseException, psycopg.errors.UniqueViolation)):
        server.rows(name, statement)
    assert store.check_trail().ok
    server.rows(name, "alter table trail disable trigger all")
    server.rows(name, "update trail set document = replace(document, 'begun', 'ended')")
    assert store.check_trail().broken_at == 1


def test_marks_of_transactions_are_not_kept_for_ever(server: Server, name: str, store: Store) -> None:
    for _ in range(5):
        store.add_trail("begun")
    assert server.rows(name, "select count(*) from writes") == [(5,)]
    server.rows(name, "update writes set at = at - 90000")
    store.begin("audit", 1)
    assert server.rows(name, "select count(*) from writes") == [(1,)]


@pytest.mark.usefixtures("store")
def test_a_role_that_may_only_add_to_the_trail(server: Server, name: str) -> None:
    worker = f"worker_{name}"
    for statement in (
        f"create role {worker} login",
        f"grant select, insert, update, delete on all tables in schema public to {worker}",
        f"grant usage on all sequences in schema public to {worker}",
        f"revoke update, delete on trail from {worker}",
    ):
        server.rows(name, statement)
    limited = Store.open(server.url(name).replace("fleet@", f"{worker}@"))
    run = limited.begin("apply", 1)
    limited.drive(run, Owner.mine())
    assert limited.lock(run, ["a"], LEASE, Owner.mine()) == {}
    limited.add_outcomes(run, [outcome("a", "moved")])
    limited.add_trail("begun", run=run)
    limited.finish(run, "done")
    assert limited.check_trail().entries == 1
    with (
        psycopg.connect(f"host=127.0.0.1 port={server.port} user={worker} dbname={name}") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("alter table trail disable trigger all")
    limited.close()


def test_a_server_that_stays_away_is_an_error_of_ours(server: Server, name: str) -> None:
    store = Store.open(server.url(name), Waits(patience=1.0))
    run = store.begin("audit", 1)
    server.stop()
    try:
        began = time.monotonic()
        for act in (lambda: store.finish(run, "done"), store.runs):
            with pytest.raises(StoreError) as caught:
                act()
            assert caught.value.code == "store/away"
            assert "apply --resume" in caught.value.do
        assert time.monotonic() - began < 55
    finally:
        server.start()
    # what was begun can be gone on with as soon as the server is back
    store.drive(run, Owner.mine())
    store.close()


@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_a_server_that_is_restarted_is_waited_for(server: Server, store: Store, how: str) -> None:
    run = store.begin("apply", 1)
    stop = threading.Event()
    done: list[int] = []

    def restart() -> None:
        time.sleep(0.3)
        server.stop("immediate" if how == "immediate" else "fast")
        time.sleep(1.0)
        server.start()
        stop.set()

    other = threading.Thread(target=restart)
    other.start()
    # each is written before the next one, all the while
    while not stop.is_set():
        store.add_trail("begun", run=run, detail=str(len(done)))
        store.add_outcomes(run, [outcome(f"pc-{len(done)}", "moved")])
        done.append(len(done))
    other.join()
    assert [line.detail for line in store.trail()] == [str(number) for number in done]
    assert len(store.outcomes(run=run)) == len(done)
    assert store.check_trail().ok


ACTS: dict[str, tuple[Callable[[Store, str], object], str]] = {
    "trail": (lambda store, run: store.add_trail("ended", run=run).number, "select count(*) from trail"),
    "outcomes": (lambda store, run: store.add_outcomes(run, [outcome("a", "moved")]), "select count(*) from outcomes"),
    "begin": (lambda store, _run: store.begin("apply", 1), "select count(*) - 1 from runs"),
    "message": (
        lambda store, _run: len(store.add_message("desk", "apply", message())) // 36,
        "select count(*) from outbox",
    ),
    "postpone": (lambda store, _run: store.postpone("s", "a", "eva", 1.0).times, "select times from postponed"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("cuts", [["before"], ["after"], ["before", "after"], ["after", "before"], ["after", "after"]])
def test_a_commit_whose_answer_is_lost_counts_once(server: Server, name: str, act: str, cuts: list[Cut]) -> None:
    wire = Wire(server.port)
    store = Store.open(server.url(name, wire.port))
    run = store.begin("apply", 1)
    work, query = ACTS[act]
    wire.cuts += cuts
    answer = work(store, run)
    assert wire.cuts == []
    assert server.rows(name, query) == [(1,)]
    if act == "begin":
        assert store.run(str(answer)) is not None
    elif answer is not None:
        assert answer == 1
    store.close()
    wire.close()
