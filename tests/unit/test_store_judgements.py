"""Judgements over time: a row for what is news, the fleet as it was at the end of any run, and its history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from smartfleet.errors import StoreError
from smartfleet.model.campaign import HostProgress, Wave
from smartfleet.model.judged import JudgedHost
from smartfleet.model.results import Verdict
from smartfleet.policy.evidence import FolderKey, FolderPast, FolderPlace
from smartfleet.store import Store
from smartfleet.store.database import Database, Waits
from smartfleet.store.schema import open_engine
from tests.unit.builders import facts_of
from tests.unit.campaign_world import empty_store


class Time:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(tmp_path: Path, time: Time) -> Store:
    (tmp_path / "store.db").write_bytes(empty_store())
    return Store(Database(open_engine(f"sqlite:///{tmp_path}/store.db"), Waits(clock=time)))


def judged(host: str, *, state: str = "old", compliant: bool = False, **answers: str) -> JudgedHost:
    profile = {"user": "eva", "config_path": "/c", "state": state}
    return JudgedHost.model_validate(
        {"host": host, "compliant": compliant, "answers": answers, "profiles": [profile] if state else []}
    )


def good(host: str) -> JudgedHost:
    return judged(host, state="new", compliant=True)


def run_of(store: Store, *rows: JudgedHost, verb: str = "audit") -> str:
    run = store.begin(verb, len(rows))
    store.add_judgements(run, rows)
    return run


def rows_of(folder: Path) -> int:
    with sqlite3.connect(folder / "store.db") as connection:
        found = connection.execute("select count(*) from judgements").fetchone()
    connection.close()
    return int(found[0])


def test_only_news_is_kept_and_every_run_can_be_asked_for(store: Store, tmp_path: Path) -> None:
    first = run_of(store, judged("a"), judged("b"))
    second = run_of(store, judged("a"), good("b"))
    third = run_of(store, judged("a"))
    assert rows_of(tmp_path) == 3
    assert store.judged() == {"a": judged("a"), "b": good("b")}
    assert store.judged(run=first) == {"a": judged("a"), "b": judged("b")}
    assert store.judged(run=second) == store.judged(run=third) == store.judged()
    assert store.judged(["b", "x"], first) == {"b": judged("b")}
    assert store.judged([]) == {}
    assert store.judged(run="no such run") == {}
    assert store.judged(run=store.begin("audit", 1)) == {}


def test_many_hosts_go_in_parts(store: Store) -> None:
    names = [f"pc-{number:04}" for number in range(1200)]
    run_of(store, *(judged(name) for name in names))
    run_of(store, good("pc-0007"))
    assert sorted(store.judged()) == sorted(store.judged(names)) == names
    assert [(one.hosts, one.compliant) for one in store.history(9)] == [(1200, 0), (1200, 1)]
    assert [(one.hosts, one.compliant) for one in store.history(9, names[:700])] == [(700, 0), (700, 1)]


def test_a_host_that_left_is_gone_from_that_run_on(store: Store, tmp_path: Path) -> None:
    def whole(inventory: str, *rows: JudgedHost) -> str:
        run = store.begin("audit", len(rows))
        store.note_inventory(run, set(inventory))
        store.add_judgements(run, rows)
        return run

    first = whole("abc", judged("a"), good("b"), judged("c"))
    left = whole("ac", judged("a"))
    later = whole("ac", good("a"))
    assert [sorted(store.judged(run=run)) for run in (first, left, later)] == [["a", "b", "c"], ["a", "c"], ["a", "c"]]
    assert store.judged(["b"]) == {}
    assert rows_of(tmp_path) == 5, "it is noted once"
    back = whole("abc", judged("c"))
    assert store.judged(["b"], back) == {"b": good("b")}
    again = whole("abc", good("b"))
    assert rows_of(tmp_path) == 6
    told = [(one.run, one.hosts, one.compliant, one.profiles) for one in store.history(9)]
    assert told == [(first, 3, 1, 3), (left, 2, 0, 2), (later, 2, 1, 2), (back, 3, 2, 3)]
    assert store.judged(run=again) == {"a": good("a"), "b": good("b"), "c": judged("c")}


def test_the_history_counts_what_stood_at_the_end_of_each_run(store: Store, time: Time) -> None:
    first = run_of(store, judged("a"), judged("b"))
    time.now += 1
    run_of(store, judged("a"))
    time.now += 1
    moved = run_of(store, good("a"), verb="apply")
    time.now += 1
    back = run_of(store, judged("a", state="both"), judged("c", state=""), verb="rollback")
    told = [
        (one.run, one.verb, one.at, one.hosts, one.compliant, one.profiles, one.on_new_server, one.on_old_server)
        for one in store.history(9)
    ]
    assert told == [
        (first, "audit", 1000.0, 2, 0, 2, 0, 2),
        (moved, "apply", 1002.0, 2, 1, 2, 1, 1),
        (back, "rollback", 1003.0, 3, 0, 2, 0, 2),
    ]
    assert [one.run for one in store.history(2)] == [moved, back]
    # of some hosts: runs that changed nothing of theirs are no points
    assert [one.run for one in store.history(9, ["b"])] == [first]
    assert store.history(9, ["x"]) == []


def test_a_run_that_goes_on_later_stands_where_it_was_judged_last(store: Store, time: Time) -> None:
    waiting = run_of(store, judged("a"), judged("b"), verb="apply")
    time.now += 1
    between = run_of(store, good("a"))
    time.now += 1
    store.add_judgements(waiting, [good("b")])
    assert [(one.run, one.compliant) for one in store.history(9)] == [(between, 1), (waiting, 2)]
    assert store.judged(run=between) == {"a": good("a"), "b": judged("b")}


def test_judging_that_broke_off_counts_with_the_next_run(store: Store) -> None:
    run_of(store, judged("a"))
    broken = store.begin("audit", 600)

    def some() -> Iterator[JudgedHost]:
        yield from (judged(f"pc-{number}") for number in range(500))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add_judgements(broken, some())
    assert [one.hosts for one in store.history(9)] == [1]
    run_of(store, good("a"))
    assert [(one.hosts, one.compliant) for one in store.history(9)] == [(1, 0), (501, 1)]


def test_moments(store: Store, time: Time) -> None:
    assert store.first_moment() is None
    assert store.moment_at(9e9) is None
    first = run_of(store, judged("a"))
    time.now = 2000.0
    second = run_of(store, judged("a"))
    # the clock was put back: what was judged last is the newest all the same
    time.now = 1500.0
    third = run_of(store, good("a"))
    told = {at: moment.run if (moment := store.moment_at(at)) else "" for at in (999.0, 1000.0, 1600.0, 2000.0)}
    assert told == {999.0: "", 1000.0: first, 1600.0: third, 2000.0: third}
    found = store.moment_of(second)
    assert found is not None
    assert (found.run, found.at) == (second, 2000.0)
    assert store.moment_of(store.begin("audit", 1)) is None
    assert store.first_moment() == store.moment_of(first)


HOSTILE = FolderKey("ev\x00a\n", "/c'\"\u202e", "=cmd|' /c", "/ä\x1b[31m")


def test_the_past_of_folders_comes_back(store: Store) -> None:
    assert store.folder_past(["a"]) == {}
    pasts = {HOSTILE: FolderPast("/home/\ud800", 1.5, 2.5), FolderKey("max", "/c", "max", "/"): FolderPast("/n", 1.0)}
    store.set_folder_past({"a": pasts, "b": {}, **{f"pc-{number}": pasts for number in range(1200)}})
    assert store.folder_past(["a", "b", "x"]) == {"a": pasts, "b": {}}
    store.set_folder_past({"a": {}})
    store.set_folder_past({})
    assert store.folder_past(["a"]) == {"a": {}}
    assert len(store.folder_past([f"pc-{number}" for number in range(1200)])) == 1200


@pytest.mark.parametrize("document", ["", "{", "[[1]]", "[3]", '[["a", "b", "c", "d", "e"]]'])
def test_a_damaged_past_is_an_error_of_ours(store: Store, tmp_path: Path, document: str) -> None:
    store.set_folder_past({"a": {}})
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("update folder_past set document = ?", (document,))
    connection.close()
    with pytest.raises(StoreError) as caught:
        store.folder_past(["a"])
    assert caught.value.code == "store/damaged"


def test_when_hosts_last_answered(store: Store, time: Time) -> None:
    facts = facts_of({})
    time.now = 100.0
    audit = store.begin("audit", 2)
    store.add_facts(audit, {"a": (110.0, facts), "b": (110.0, facts)})
    time.now = 200.0
    verify = store.begin("verify", 2)
    verdict = {
        "user": "eva", "config_path": "/c", "account": "0", "alias": "0", "local_path": "/n",
        "level": "size", "verdict": "match", "reason": "",
    }  # fmt: skip
    store.add_verdicts(verify, [Verdict.model_validate({"host": host, **verdict}) for host in ("b", "c")])
    time.now = 300.0
    store.add_facts(store.begin("audit", 1), {"a": (310.0, facts)})
    # after a move that looked at one of several users the facts are as old as the others'
    store.add_facts(store.begin("apply", 1), {"e": (20.0, facts)})
    place = FolderPlace("eva", "/c", "0", "0")
    assert store.verified(["a", "b", "c"]) == {"b": {place: 200.0}, "c": {place: 200.0}}
    store.add_verdicts(store.begin("verify", 1), [Verdict.model_validate({"host": "c", **verdict})])
    assert store.verified(["c"]) == {"c": {place: 300.0}}
    names = ["a", "b", "c", "d", "e", *(f"pc-{number}" for number in range(600))]
    assert store.last_seen(names) == {"a": 310.0, "b": 200.0, "c": 300.0, "e": 300.0}


def apply(store: Store, waves: Mapping[str, list[str]]) -> None:
    run = store.begin("apply", 1)
    made = [Wave(number=number, name=name, hosts=hosts) for number, (name, hosts) in enumerate(waves.items())]
    store.set_waves(run, made)
    store.set_progress(HostProgress(run=run, host=host, wave=wave.number) for wave in made for host in wave.hosts)


def test_the_newest_wave_of_a_host(store: Store) -> None:
    many = [f"pc-{number}" for number in range(700)]
    apply(store, {"canary": ["a"], "wave 1": ["b", "c", *many]})
    apply(store, {"wave 1": ["a"]})
    found = store.waves_of(["a", "b", "x", *many])
    assert (found["a"], found["b"], found["pc-699"], len(found)) == ("wave 1", "wave 1", "wave 1", 702)
