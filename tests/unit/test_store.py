"""The store: what is newest, who may read it, and what happens with a store that is not ours to write."""

from __future__ import annotations

import os
import sqlite3
import weakref
from pathlib import Path

import pytest

from smartfleet.errors import StoreError
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome, Verdict
from smartfleet.plan.file import sealed
from smartfleet.store import Store
from tests.unit.builders import facts_of


def open_store(folder: Path) -> Store:
    return Store.of_fleet(folder / ".smartfleet", "")


def outcome(host: str, name: str, user: str = "eva") -> Outcome:
    return Outcome.model_validate({"host": host, "user": user, "config_path": "/c", "outcome": name})


def verdict(host: str, name: str) -> Verdict:
    return Verdict.model_validate(
        {
            "host": host, "user": "eva", "config_path": "/c", "account": "0", "alias": "0", "local_path": "/n",
            "level": "size", "verdict": name, "reason": "",
        }
    )  # fmt: skip


def test_everything_comes_back_and_the_newest_wins(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first, second = store.begin("audit", 2), store.begin("apply", 2)
    facts = facts_of({})
    store.add_facts(first, {"a": (200.0, facts), "b": (200.0, facts)})
    # a clock that jumped back: the later look is still the newer one
    store.add_facts(second, {"a": (100.0, facts)})
    assert {host: taken for host, (taken, _) in store.facts().items()} == {"a": 100.0, "b": 200.0}
    assert store.facts(["b"]) == {"b": (200.0, facts)}
    assert store.audited() == ["a", "b"]
    store.add_outcomes(first, [outcome("a", "failed"), outcome("a", "moved", "max")])
    store.add_outcomes(second, [outcome("a", "moved")])
    assert sorted((o.user, o.outcome) for o in store.outcomes()) == [("eva", "moved"), ("max", "moved")]
    assert [o.outcome for o in store.outcomes(["a"], run=first) if o.user == "eva"] == ["failed"]
    store.add_verdicts(first, [verdict("a", "drift")])
    store.add_verdicts(second, [verdict("a", "match")])
    assert [v.verdict for v in store.verdicts()] == ["match"]
    assert store.outcomes([]) == []
    store.close()


def test_a_run_is_known_before_it_ends(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run = store.begin("apply", 3, "h" * 64)
    (record,) = open_store(tmp_path).runs()
    assert (record.run, record.state, record.finished, record.plan_hash) == (run, "running", None, "h" * 64)
    store.finish(run, "done")
    found = store.run(run)
    assert found is not None
    assert found.state == "done"
    assert store.run("no such run") is None


def test_plans_are_kept_under_their_hash(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    plan = sealed(
        Plan(created=1.0, old_servers=["https://a"], new_server="https://b", strategy="move", instance_id="", hosts=[])
    )
    store.add_plan(plan)
    store.add_plan(plan)
    assert store.plan(plan.hash) == plan
    assert store.plan("x") is None


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(tmp_path)
        store.begin("audit", 1)
    finally:
        os.umask(before)
    folder = tmp_path / ".smartfleet"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o077) for file in folder.iterdir()} == {
        file.name: "0o0" for file in folder.iterdir()
    }
    store.close()


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    file = tmp_path / ".smartfleet" / "store.db"
    with sqlite3.connect(file) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path)
    assert caught.value.code == "store/newer"
    assert file.read_bytes() == before


@pytest.mark.parametrize("data", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / ".smartfleet"
    folder.mkdir()
    (folder / "store.db").write_bytes(data)
    with pytest.raises(StoreError):
        open_store(tmp_path)


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store(tmp_path).close()
    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///file:{tmp_path}/.smartfleet/store.db?mode=ro&uri=true").begin("audit", 1)
    assert caught.value.code == "store/read-only"
    with pytest.raises(StoreError):
        Store.open("sqlite:////dev/null/store.db")


@pytest.mark.parametrize("url", ["no url", "nosuch://x/y"])
def test_a_wrong_url_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(StoreError):
        Store.open(url)


def test_a_password_in_the_url_is_not_told() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql+psycopg://fleet:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(caught.value)


def test_facts_of_many_hosts_are_not_held_together(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run = store.begin("audit", 1200)
    facts = facts_of({})
    names = [f"pc-{number:04}" for number in range(1200)]
    store.add_facts(run, dict.fromkeys(names, (1.0, facts)))
    for wanted in (None, names, names[::-1]):
        seen = weakref.WeakValueDictionary[str, HostFacts]()
        most, found = 0, []
        for host, _, document in store.each_facts(wanted):
            seen[host] = document
            found.append(host)
            most = max(most, len(seen))
        assert sorted(found) == names
        assert most <= 2
    assert set(store.facts(names)) == set(names)


@pytest.mark.parametrize("hosts", [None, ["pc-7", "pc-1100", "pc-9999"]])
def test_outcomes_and_verdicts_of_many_hosts_come_in_parts(tmp_path: Path, hosts: list[str] | None) -> None:
    store = open_store(tmp_path)
    first, second = store.begin("apply", 1200), store.begin("apply", 1)
    names = [f"pc-{number}" for number in range(1200)]
    store.add_outcomes(first, (outcome(name, "failed") for name in names))
    store.add_verdicts(first, (verdict(name, "drift") for name in names))
    store.add_outcomes(second, [outcome("pc-7", "moved")])
    store.add_verdicts(second, [verdict("pc-7", "match")])
    expected = dict.fromkeys(hosts[:2] if hosts else names, "failed") | {"pc-7": "moved"}
    assert {one.host: one.outcome for one in store.each_outcome(hosts)} == expected
    assert {one.host: one.outcome for one in store.each_outcome(hosts, first)}["pc-7"] == "failed"
    assert [one.host for one in store.each_verdict(hosts, second)] == ["pc-7"]
    assert len(store.verdicts(hosts)) == len(expected)
