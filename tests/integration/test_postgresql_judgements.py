"""Judgements, the past of folders and what is known of hosts on a real PostgreSQL server, where one is installed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import inf

import pytest

from smartfleet.assess import assess
from smartfleet.model.campaign import HostProgress, Wave
from smartfleet.model.judged import JudgedFolder, JudgedHost, JudgedProfile
from smartfleet.policy.evidence import FolderKey, FolderPast
from smartfleet.store import Store
from smartfleet.store.assessments import Audited
from smartfleet.store.standings import Standing
from tests.integration.postgres import Cut, Server, Wire
from tests.unit.builders import TIME, facts_of, fleet_config
from tests.unit.test_sending import message

pytestmark = pytest.mark.once
NAMES = [f"pc-{number:04}" for number in range(1200)]
KEY = FolderKey("eva", "/c", "eva", "/")
HOSTILE = "ev\x00a\n\x1b[31m<script>'\"\u202e"


@pytest.fixture
def name(server: Server) -> str:
    return server.database()


@pytest.fixture
def store(server: Server, name: str) -> Iterator[Store]:
    opened = Store.open(server.url(name))
    yield opened
    opened.close()


def judged(host: str, *, compliant: bool = False, user: str = "eva") -> JudgedHost:
    folder = JudgedFolder(login=user, target_path="/", local_path=user, verdict="drift", reason=user)
    profile = JudgedProfile(user=user, config_path="/c", state="new" if compliant else "both", folders=[folder])
    return JudgedHost(host=host, compliant=compliant, answers={"host-seen": "waived"}, profiles=[profile])


def run_of(store: Store, *rows: JudgedHost) -> str:
    run = store.begin("audit", len(rows))
    store.add_judgements(run, rows)
    return run


def test_the_fleet_at_the_end_of_any_run(store: Store) -> None:
    first = run_of(store, *(judged(host) for host in NAMES), judged("x", user=HOSTILE))
    second = run_of(store, *(judged(host, compliant=host < "pc-0300") for host in NAMES))
    third = run_of(store, judged("x", user=HOSTILE))
    assert store.judged() == store.judged(run=third) == store.judged(run=second)
    assert store.judged(["x", "pc-0001"], first) == {"x": judged("x", user=HOSTILE), "pc-0001": judged("pc-0001")}
    told = [
        (one.run, one.hosts, one.compliant, one.profiles, one.on_new_server, one.on_old_server)
        for one in store.history(9)
    ]
    assert told == [(first, 1201, 0, 1201, 0, 1201), (second, 1201, 300, 1201, 300, 901)]
    assert [(one.hosts, one.compliant) for one in store.history(9, NAMES[250:350])] == [(100, 0), (100, 50)]
    moments = [store.first_moment(), store.moment_of(third), store.moment_at(9e9)]
    assert [one.run for one in moments if one] == [first, third, third]
    for inventory in (NAMES, [*NAMES, "x"]):
        run = store.begin("audit", 0)
        store.note_inventory(run, set(inventory))
        store.add_judgements(run, [])
        assert sorted(store.judged(run=run)) == sorted(inventory)
    assert store.judged(["x"]) == {"x": judged("x", user=HOSTILE)}


def test_what_is_known_of_hosts(store: Store) -> None:
    key = FolderKey(HOSTILE, HOSTILE, HOSTILE, "/" * 4000)
    store.set_folder_past({host: {key: FolderPast(HOSTILE, 1.0, 2.0)} for host in NAMES})
    store.set_folder_past({"pc-0001": {}})
    found = store.folder_past([*NAMES, "x"])
    assert len(found) == 1200
    assert (found["pc-0000"], found["pc-0001"]) == ({key: FolderPast(HOSTILE, 1.0, 2.0)}, {})
    run = store.begin("apply", 1200)
    store.set_waves(run, [Wave(number=0, name="canary", hosts=["pc-0000"]), Wave(number=1, name="wave 1", hosts=NAMES)])
    store.set_progress(HostProgress(run=run, host=host, wave=host != "pc-0000") for host in NAMES)
    waves = store.waves_of([*NAMES, "x"])
    assert (len(waves), waves["pc-0000"], waves["pc-1199"]) == (1200, "canary", "wave 1")
    for taken in (1.0, 9e9):
        store.add_facts(run, {"pc-0000": (taken, facts_of({}))})
    store.add_facts(run, {"pc-0001": (1.0, facts_of({}))})
    # facts are as old as the oldest of them, and the host answered in the run
    (begun,) = (one.started for one in store.runs())
    assert store.last_seen(NAMES) == {"pc-0000": 9e9, "pc-0001": begun}
    assert [(host, taken) for host, taken, _ in store.each_first_facts(NAMES)] == [("pc-0000", 1.0)]


def test_two_runs_that_end_together(server: Server, name: str) -> None:
    """Neither waits for the other for long, loses what it says, or says it twice."""
    stores = [Store.open(server.url(name)) for _ in range(2)]
    troubles: list[Exception] = []

    def work(store: Store, hosts: list[str]) -> None:
        try:
            for number in range(6):
                store.set_folder_past({host: {FolderKey("", "", "", ""): FolderPast("", 1.0)} for host in hosts})
                run_of(store, *(judged(host, compliant=bool(number % 2)) for host in hosts))
        except Exception as error:  # noqa: BLE001 - a thread tells it below
            troubles.append(error)

    both = [
        threading.Thread(target=work, args=(stores[0], NAMES)),
        threading.Thread(target=work, args=(stores[1], NAMES[::-1])),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert troubles == []
    assert {one.compliant for one in stores[0].judged(NAMES).values()} == {True}
    points = stores[0].history(99)
    assert (points[-1].hosts, points[-1].compliant) == (1200, 1200)
    assert len(stores[0].folder_past(NAMES)) == 1200
    for store in stores:
        store.close()


@pytest.mark.parametrize("cuts", [["before"], ["after"], ["after", "before"]])
def test_a_judgement_whose_commit_is_lost_counts_once(server: Server, name: str, cuts: list[Cut]) -> None:
    wire = Wire(server.port)
    store = Store.open(server.url(name, wire.port))
    run = store.begin("audit", 1)
    wire.cuts += cuts
    store.add_judgements(run, [judged("a")])
    wire.cuts += cuts
    store.set_folder_past({"a": {}})
    assert wire.cuts == []
    assert server.rows(name, "select count(*) from judgements") == [(1,)]
    assert server.rows(name, "select count(*) from judged_runs") == [(1,)]
    assert store.folder_past(["a"]) == {"a": {}}
    store.close()
    wire.close()


def test_what_is_counted_of_hosts(store: Store) -> None:
    """With times that never come, and more bytes than a column holds."""
    run = store.begin("audit", 1)
    store.add_facts(run, dict.fromkeys(NAMES, (1.0, facts_of({}))))
    store.set_folder_past({"pc-0001": {KEY: FolderPast("/a", 1.0)}})
    marks = store.marks([*NAMES, "never"])
    assert [host for host, mark in marks.items() if mark.past] == ["pc-0001"]
    assert {host: mark.facts_id for host, mark in marks.items()} == {host: at for at, host in enumerate(NAMES, 1)}
    rows = [
        Standing(host, mark, "r" * 64, host == "pc-0002", -inf, inf, "", "9999-12-31", 10**30, "[]")
        for host, mark in marks.items()
    ]
    store.set_standings(rows[:700])
    store.set_standings(rows)
    assert store.standings(NAMES) == {one.host: one for one in rows}
    assert store.standings(["never"]) == {}


def test_what_audits_mean(store: Store) -> None:
    run = store.begin("audit", 1)
    store.add_facts(run, {host: (TIME, facts_of({})) for host in NAMES[:3]})
    new = [(one.facts_id, assess(one.host, one.taken, one.facts, fleet_config())) for one in told(store)]
    store.set_assessments("ruler", new[:2])
    store.set_assessments("ruler", new[1:])
    assert [one.assessment for one in told(store)] == [assessment for _, assessment in new]
    assert [one.assessment for one in store.each_audited(NAMES, "another")] == [None] * 3
    store.add_facts(run, {NAMES[0]: (TIME, facts_of({}))})
    assert {one.host for one in told(store) if one.assessment is None} == {NAMES[0]}


def told(store: Store) -> list[Audited]:
    return list(store.each_audited(NAMES, "ruler"))


def test_a_run_that_ended_is_told_once(store: Store) -> None:
    run = store.begin("audit", 1)
    assert store.untold(0.0) == []
    store.finish(run, "done")
    assert store.untold(0.0) == [run]
    for _ in range(2):
        store.add_news(run, "audit", {"desk": message(), "audit": message()})
    assert store.untold(0.0) == []
    assert sorted(entry.target for entry in store.outbox()) == ["audit", "desk"]
