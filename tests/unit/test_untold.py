"""Runs whose process was killed between their end and the message of it: the next command that sends tells of them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from smartfleet.campaign.queue import run_due
from smartfleet.cli.sending import queue_run, queue_untold, sending_after
from smartfleet.fleet import Fleet
from smartfleet.model.report import ReportData
from smartfleet.notify.patience import PATIENCE
from smartfleet.store import Store
from tests.ports import free_port
from tests.unit.campaign_world import Hosts, World
from tests.unit.test_sending_commands import a_run, desk, fleet_with, no_report, store_of


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return fleet_with(tmp_path, webhooks=desk(f"http://127.0.0.1:{free_port()}/", after=["audit", "apply"]))


def kinds(store: Store) -> list[str]:
    return [entry.kind for entry in store.outbox()]


def test_a_pass_of_the_queue_after_which_hosts_still_wait_is_no_news(tmp_path: Path, fleet: Fleet) -> None:
    (tmp_path / "world").mkdir()
    made = World(tmp_path / "world", ["a"], hosts=Hosts({"a": ["offline"]}))
    applied = made.apply({"until": made.clock.time + 1e6}, stay=False)
    assert applied.state == "waiting"
    queue_untold(fleet, made.store, no_report)
    assert kinds(made.store) == ["apply"]
    made.clock.time += 1e5
    run_due(made.campaign(), made.events.append)
    assert made.store.untold(0.0) == []


def test_two_processes_tell_of_a_run_once(fleet: Fleet) -> None:
    store = store_of(fleet)
    run = a_run(store, "apply", "done")

    def meanwhile() -> ReportData:
        queue_run(fleet_with(fleet.folder, webhooks=desk("http://127.0.0.1:1/")), store, run, no_report)
        return no_report()

    both = fleet_with(fleet.folder, webhooks=desk("http://127.0.0.1:1/", attach=["json"]))
    queue_run(both, store, run, meanwhile)
    assert kinds(store) == ["apply"]


def test_runs_of_another_kind_of_before_and_of_long_ago_are_not_told(fleet: Fleet) -> None:
    store = store_of(fleet)
    a_run(store, "verify")
    old = a_run(store, "apply")
    with contextlib.closing(store._database.engine.raw_connection()) as connection:
        connection.execute("update runs set finished = finished - ? where id = ?", (PATIENCE + 60.0, old))
        connection.commit()
    with sending_after(fleet, store, no_report):
        pass
    assert kinds(store) == []


def test_without_a_target_nothing_waits_for_one(tmp_path: Path) -> None:
    fleet = fleet_with(tmp_path)
    store = store_of(fleet)
    queue_run(fleet, store, a_run(store), no_report)
    queue_untold(fleet_with(tmp_path, webhooks=desk("http://127.0.0.1:1/")), store, no_report)
    assert kinds(store) == []
