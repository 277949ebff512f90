"""Thinning on a real PostgreSQL server, where one is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smartfleet.store.schema import open_engine
from smartfleet.store.tables import JUDGEMENTS, PLAN_HOSTS
from tests.integration.postgres import Server
from tests.unit.retention_world import Years, judged_of

pytestmark = pytest.mark.once


@pytest.fixture
def years(server: Server) -> Iterator[Years]:
    engine = open_engine(server.url(server.database()))
    yield Years(engine)
    engine.dispose()


def test_facts_are_thinned_to_one_a_week(years: Years) -> None:
    for day in range(150, -1, -1):
        years.audit(day, "a", "b")
    before = years.newest()
    assert years.thin()["facts"] > 150
    left = years.days("a")
    assert left[-31:] == list(range(30, -1, -1))
    assert 9 <= len([day for day in left if 30 < day <= 100]) <= 12
    assert left[0] == 150
    assert years.newest() == before
    assert years.thin() == {}


def test_old_runs_go_with_what_newer_ones_replaced(years: Years) -> None:
    years.moved(490, "a", "b", outcome="failed", plan=years.planned(500, "a", "b"))
    years.verified(480, "a", "b", verdict="drift")
    for day, number in ((450, 0), (400, 1), (350, 2), (200, 3)):
        years.audit(day, "a", judged=[judged_of("a", number)])
    years.moved(20, "a", "b", plan=years.planned(21, "a", "b"))
    years.verified(19, "a", "b")
    before = years.newest()
    gone = years.thin(facts=1, weekly=1)
    assert gone == {
        "facts": 2, "judged runs": 3, "judgements": 3, "outcomes": 2, "verdicts": 2, "progress": 2, "waves": 1,
        "shards": 1, "runs": 4, "plans": 1,
    }  # fmt: skip
    assert years.newest() == before
    assert (years.count(JUDGEMENTS), years.count(PLAN_HOSTS)) == (1, 2)
    assert years.thin(facts=1, weekly=1) == {}


def test_once_a_day_for_one_of_all(years: Years) -> None:
    assert years.store.claim_thinning()
    assert not Years(years.engine, years.now).store.claim_thinning()
    years.now += 21 * 3600.0
    assert years.store.claim_thinning()
