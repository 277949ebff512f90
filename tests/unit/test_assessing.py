"""What audits meant and is kept: everybody is told what assessing the facts anew would tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text

from smartfleet.assess import assess
from smartfleet.campaign import assessing
from smartfleet.campaign.assessing import Assessed, each_assessed
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.reporting import report_data
from smartfleet.errors import StoreError
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.report import ReportData
from smartfleet.store import Store
from tests.unit.builders import NEW, OLD, TIME, Case, cases, facts_of, fleet_config

HOSTS = ("a", "b", "never")
CASES: Sequence[Case] = [
    *cases("assess"),
    {"accounts": [{"folders": [{"bytes": 10**30}]}]},
    {"config": {"content": "no"}},
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    audited(made, "a", {})
    audited(made, "b", {"accounts": [{"url": NEW}]})
    return made


def audited(store: Store, host: str, case: Case) -> None:
    run = store.begin("audit", 1)
    store.add_facts(run, {host: (TIME, facts_of(case))})
    store.finish(run, "done")


def asked(store: Store, **config: Any) -> tuple[list[Assessed], list[str]]:
    """What is told, and of which hosts the facts had to be assessed for it."""
    anew: list[str] = []

    def counting(host: str, *rest: Any) -> HostAssessment:
        anew.append(host)
        return assess(host, *rest)

    with patch.object(assessing, "assess", counting):
        return list(each_assessed(store, fleet_config(**config), HOSTS)), sorted(anew)


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_says_the_same(store: Store, case: Case) -> None:
    audited(store, "a", case)
    first, anew = asked(store)
    assert anew == ["a", "b"]
    second, anew = asked(store)
    assert anew == []
    assert second == first
    told = {one.host: one.assessment for one in second}
    assert told["a"] == assess("a", TIME, facts_of(case), fleet_config())


CHANGES: Mapping[str, tuple[Callable[[Store], object], dict[str, Any], list[str]]] = {
    "nothing": (lambda _: None, {}, []),
    "the policy": (lambda _: None, {"policy": {"audit_days": 7}}, []),
    "an audit": (lambda store: audited(store, "a", {}), {}, ["a"]),
    "the servers": (lambda _: None, {"servers": {"old": [NEW], "new": OLD}}, ["a", "b"]),
    "how to move": (lambda _: None, {"move": {"strategy": "reconnect"}}, ["a", "b"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_became_another_is_assessed_again(store: Store, name: str) -> None:
    change, config, hosts = CHANGES[name]
    asked(store)
    change(store)
    told, anew = asked(store, **config)
    assert anew == hosts
    facts = store.facts()
    assert {one.host: one.assessment for one in told} == {
        host: assess(host, *facts[host], fleet_config(**config)) for host in ("a", "b")
    }
    assert asked(store, **config)[1] == []


def test_another_program_assesses_again(store: Store) -> None:
    asked(store)
    with patch.object(assessing, "__version__", "another"):
        assert asked(store)[1] == ["a", "b"]


def test_who_may_only_read_is_told_as_much(store: Store) -> None:
    def refuse(ruler: str, assessed: Sequence[tuple[int, HostAssessment]]) -> None:  # noqa: ARG001 - as in Store
        raise StoreError("store/read-only", "no", do="no")

    store.set_assessments = refuse  # type: ignore[method-assign]
    first, _ = asked(store)
    second, anew = asked(store)
    assert second == first
    assert anew == ["a", "b"]


def test_what_was_damaged_is_told_and_the_next_audit_mends_it(store: Store) -> None:
    asked(store)
    damage = text("UPDATE assessments SET document = '{}' WHERE host = 'a'")
    store._database.write(lambda connection: connection.execute(damage) and None)
    with pytest.raises(StoreError) as told:
        asked(store)
    assert told.value.code == "store/damaged"
    assert "smartfleet audit" in told.value.do
    audited(store, "a", {})
    assert [one.host for one in asked(store)[0]] == ["b", "a"]


def test_a_report_says_the_same_of_what_is_kept(store: Store, tmp_path: Path) -> None:
    fleet, hosts = Fleet(tmp_path, fleet_config()), [InventoryHost(name, name) for name in HOSTS]

    def report() -> ReportData:
        with patch("smartfleet.campaign.reporting.time.time", lambda: TIME):
            return report_data(fleet, store, hosts, {})

    first = report()
    with patch.object(assessing, "assess", side_effect=AssertionError("kept, and assessed all the same")):
        assert report().model_dump_json() == first.model_dump_json()
