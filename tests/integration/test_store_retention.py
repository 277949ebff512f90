"""What the store forgets and what it never forgets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from smartfleet.assess import assess
from smartfleet.store.schema import open_engine
from smartfleet.store.tables import (
    ASSESSMENTS,
    FACTS,
    JUDGED_RUNS,
    JUDGEMENTS,
    LOST_HOSTS,
    OUTCOMES,
    PLAN_HOSTS,
    PLANS,
    PROGRESS,
    RUNS,
    SHARDS,
    VERDICTS,
    WAVES,
)
from tests.unit.builders import TIME, facts_of, fleet_config
from tests.unit.campaign_world import empty_store
from tests.unit.retention_world import DAY, TODAY, Years, judged_of

pytestmark = pytest.mark.once


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    made: list[Engine] = []

    def make() -> Engine:
        path = tmp_path / f"{len(made)}.db"
        path.write_bytes(empty_store())
        made.append(open_engine(f"sqlite:///{path}"))
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def years(engines: Callable[[], Engine]) -> Years:
    return Years(engines())


def test_facts_are_thinned_to_one_a_week(years: Years) -> None:
    for day in range(150, -1, -1):
        years.audit(day, "a", "b")
    years.audit(40, "late")
    assert years.thin()["facts"] > 150
    left = years.days("a")
    assert [day for day in left if day <= 30] == list(range(30, -1, -1))
    weekly = [day for day in left if 30 < day <= 100]
    assert 9 <= len(weekly) <= 11
    assert {older - newer for older, newer in itertools.pairwise(weekly)} == {7}
    assert [day for day in left if day > 100] == [150], "the first facts stay"
    assert years.days("b") == left
    assert years.days("late") == [40]
    assert years.thin() == {}


def test_the_newest_facts_stay_however_old_they_are(years: Years) -> None:
    for day in (900, 800, 799, 798):
        years.audit(day, "gone")
    years.thin()
    assert years.days("gone") == [900, 798]
    assert years.store.last_seen(["gone"]) == {"gone": TODAY - 798 * DAY}


def test_a_clock_that_was_ahead_once(years: Years) -> None:
    """Newest means written last; what was taken in the future is not old."""
    years.audit(-5000, "a")
    for day in (400, 399, 200):
        years.audit(day, "a")
    years.thin()
    assert years.days("a") == [-5000, 200]


def test_old_runs_go_with_what_newer_ones_replaced(years: Years) -> None:
    old_plan, unused = years.planned(500, "a", "b"), years.planned(450, "a")
    first = years.moved(490, "a", "b", outcome="failed", plan=old_plan)
    years.verified(480, "a", "b", verdict="drift")
    years.moved(20, "a", "b", plan=years.planned(21, "a", "b"))
    years.verified(19, "a", "b")
    fresh = years.planned(0, "c")
    before = years.newest()
    gone = years.thin()
    assert gone == {"outcomes": 2, "verdicts": 2, "progress": 2, "waves": 1, "shards": 1, "runs": 2, "plans": 2}
    assert years.newest() == before
    assert years.store.run(first) is None
    assert years.store.plan(unused) is None
    assert years.store.plan(old_plan) is None
    assert years.store.plan(fresh) is not None
    assert [years.count(table) for table in (RUNS, PLANS, PLAN_HOSTS)] == [2, 2, 3]
    assert years.thin() == {}


def test_what_is_newest_of_its_subject_keeps_its_run(years: Years) -> None:
    old = years.moved(500, "a", "left", plan=years.planned(501, "a", "left"))
    years.moved(20, "a")
    before = years.newest()
    years.thin()
    assert years.newest() == before
    assert [one.host for one in years.store.outcomes(run=old)] == ["left"]
    assert [one.host for one in years.store.progress(old)] == ["left"]
    assert years.store.waves_of(["left"]) == {"left": "all"}
    assert years.store.plan(years.store.runs(9)[-1].plan_hash) is not None


@pytest.mark.parametrize("state", ["running", "waiting", "stopped", "interrupted", "failed"])
def test_a_run_that_can_go_on_stays_whole(state: str, years: Years) -> None:
    plan = years.planned(900, "a", "b")
    run = years.moved(890, "a", "b", state=state, outcome="failed", plan=plan)
    years.moved(20, "a", "b")
    years.thin()
    assert years.store.plan(plan) is not None
    assert [len(found) for found in (years.store.outcomes(run=run), years.store.progress(run))] == [2, 2]
    assert [wave.name for wave in years.store.waves(run)] == ["all"]


def test_an_old_audit_that_failed_goes(years: Years) -> None:
    failed = years.run(400, state="failed")
    assert years.thin() == {"runs": 1}
    assert years.store.run(failed) is None


def test_a_run_that_another_goes_back_to_stays_as_long(years: Years) -> None:
    parent = years.run(500, "apply")
    child = years.run(400, "apply", parent=parent)
    years.thin()
    assert years.names() == {parent}
    assert child not in years.names()
    years.thin()
    assert years.names() == set()


def test_judgements_go_that_only_old_runs_ask_for(years: Years) -> None:
    for day, number in ((500, 0), (450, 1), (400, 2), (350, 3)):
        years.audit(day, "a", judged=[judged_of("a", number)])
    years.audit(340, "b", judged=[judged_of("b", 1)])
    kept = [years.audit(day, "a", judged=[judged_of("a", number)]) for day, number in ((200, 4), (100, 5))]
    then = [years.store.judged(run=run) for run in kept]
    points = years.store.history(2)
    gone = years.thin(facts=1, weekly=1)
    assert (gone["judged runs"], gone["judgements"]) == (5, 4)
    assert [years.store.judged(run=run) for run in kept] == then
    assert years.store.history(2) == points
    assert len(years.store.history(99)) == 2
    assert [years.count(table) for table in (JUDGEMENTS, JUDGED_RUNS)] == [3, 2]


def left(years: Years, day: float, *inventory: str) -> str:
    """A run that found only these hosts in the inventory."""
    run = years.run(day)
    years.store.note_inventory(run, set(inventory))
    years.store.add_judgements(run, [judged_of(host, 1) for host in inventory])
    return run


def test_a_host_that_has_long_been_gone_goes_with_all_of_it(years: Years) -> None:
    for host in ("a", "gone"):
        years.audit(500, host, judged=[judged_of(host, 0)])
        years.moved(480, host)
        years.verified(470, host)
        years.store.set_folder_past({host: {}})
        years.store.set_assessments("r", [(1, assess(host, TIME, facts_of({}), fleet_config()))])
    left(years, 400, "a")
    trail = len(years.store.trail())
    kept = left(years, 100, "a")
    # when it left counts, not when it was seen
    assert "facts" not in years.thin(runs=450)
    gone = years.thin()
    assert (gone["facts"], gone["outcomes"], gone["verdicts"]) == (1, 1, 1)
    assert set(years.store.judged(run=kept)) == set(years.store.judged()) == {"a"}
    assert (years.days("gone"), years.days("a")) == ([], [500])
    store = years.store
    assert (store.outcomes(["gone"]), store.verdicts(["gone"]), store.folder_past(["gone"])) == ([], [], {})
    assert (len(store.outcomes()), len(store.verdicts()), len(store.folder_past(["a"]))) == (1, 1, 1)
    assessed = store._database.rows(select(ASSESSMENTS.host))
    assert [row.host for row in assessed] == ["a"]
    assert len(years.store.trail()) == trail
    assert set(years.thin()) <= {"runs"}


def test_the_last_judged_run_stays_however_old_it_is(years: Years) -> None:
    years.audit(900, "a", judged=[judged_of("a", 0)])
    years.audit(800, "a", judged=[judged_of("a", 1)])
    before = years.store.judged()
    assert years.thin()["judgements"] == 1
    assert years.store.judged() == before
    assert len(years.store.history(9)) == 1


def test_a_large_store_is_thinned_bit_by_bit(years: Years) -> None:
    """Each look at the clock takes a second: a transaction for each, of 500 rows at most."""
    names = [f"pc-{number}" for number in range(700)]
    for day in (90, 89, 88, 87, 0):
        years.audit(day, *names)
    years.steps = 1.0
    seen = [sum(years.thin(weekly=60, seconds=0.5).values()) for _ in range(6)]
    assert sum(seen) == 2100
    assert max(seen) == 500
    assert years.thin(weekly=60) == {}


def test_once_a_day_for_one_of_all(years: Years) -> None:
    assert years.store.claim_thinning()
    assert not years.store.claim_thinning()
    years.now += 19 * 3600.0
    assert not Years(years.engine, years.now).store.claim_thinning()
    years.now += 3600.0 + 1
    assert years.store.claim_thinning()
    years.run(0)
    years.now = TODAY - 400 * DAY
    assert years.store.claim_thinning(), "the clock was put back"
    assert not years.store.claim_thinning()


EVENT = st.one_of(
    st.tuples(st.just("audit"), st.lists(st.sampled_from("abc"), min_size=1, unique=True), st.integers(0, 5)),
    st.tuples(st.just("moved"), st.lists(st.sampled_from("abc"), min_size=1, unique=True), st.sampled_from(
        ["done", "stopped", "running"]
    )),
    st.tuples(st.just("verified"), st.lists(st.sampled_from("abc"), min_size=1, unique=True), st.sampled_from(
        ["match", "drift"]
    )),
)  # fmt: skip


def happened(years: Years, day: float, event: tuple[str, list[str], Any]) -> str:
    what, hosts, more = event
    if what == "audit":
        return years.audit(day, *hosts, judged=[judged_of(host, more) for host in hosts])
    if what == "moved":
        return years.moved(day, *hosts, state=more, plan=years.planned(day, *hosts))
    return years.verified(day, *hosts, verdict=more)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.tuples(st.integers(0, 700), EVENT), max_size=14))
def test_whatever_happened_the_newest_is_the_same(
    engines: Callable[[], Engine], story: list[tuple[int, tuple[str, list[str], Any]]]
) -> None:
    years = Years(engines())
    runs = [(day, happened(years, day, event)) for day, event in story]
    before = years.newest()
    recent = {run for day, run in runs if day < 290}
    told = {run: (years.store.judged(run=run), years.store.outcomes(run=run)) for run in recent}
    kinds = (FACTS, OUTCOMES, VERDICTS, JUDGEMENTS, JUDGED_RUNS, PROGRESS, WAVES, RUNS, PLANS)
    tables = (*kinds, SHARDS, LOST_HOSTS)
    were = [years.count(table) for table in tables]
    gone = years.thin()
    assert years.newest() == before
    assert recent <= years.names()
    assert {run: (years.store.judged(run=run), years.store.outcomes(run=run)) for run in recent} == told
    assert sum(were) - sum(years.count(table) for table in tables) == sum(gone.values())
    again = years.thin()
    assert set(again) <= {"runs", "plans"}, "those that the first time had still named"
