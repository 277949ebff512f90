"""What a run asks of its store takes as much for a host in a large fleet: each table is gone into by an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.reporting import report_data
from smartfleet.cli.standing import standing
from smartfleet.fleet import Fleet
from smartfleet.store.tables import METADATA
from tests.unit.builders import TIME, fleet_config
from tests.unit.campaign_world import Hosts, World

OF_HOSTS = {table.name for table in METADATA.sorted_tables if "host" in table.columns}


class Told:
    """The plans of all statements that a store's connection executes, by statement."""

    def __init__(self, world: World) -> None:
        self.plans: dict[str, list[str]] = {}
        event.listen(world.store._database.engine, "after_cursor_execute", self._explain)

    def _explain(self, connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if statement in self.plans or statement.startswith(("BEGIN", "INSERT")):
            return
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values[0] if many else values)
        self.plans[statement] = [row[-1] for row in cursor.fetchall()]

    def scans(self) -> set[str]:
        """Tables of hosts that are gone through from end to end, or an index of which is."""
        steps = [step.split() for steps in self.plans.values() for step in steps]
        return {words[1] for words in steps if words[0] == "SCAN"} & OF_HOSTS


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, [f"pc-{number}" for number in range(6)], Hosts({"pc-1": ["offline", "moved"]}))


def test_a_run_goes_through_no_table_of_hosts(world: World) -> None:
    told = Told(world)
    world.apply({"until": TIME + 3_600, "campaign": {"canary": 1, "waves": [2], "pause": 60.0}})
    assert len(told.plans) > 20
    assert told.scans() == set()


def test_an_index_that_is_missing_is_noticed(world: World) -> None:
    world.store._database.write(lambda connection: connection.execute(text("DROP INDEX facts_host_id")) and None)
    told = Told(world)
    world.store.facts(["pc-1"])
    assert told.scans() == {"facts"}


def test_status_and_report_ask_of_all_only_who_is_worked_on_now(world: World) -> None:
    world.apply()
    told, fleet = Told(world), Fleet(world.folder, fleet_config())
    hosts = [InventoryHost(name, name) for name in world.names]
    standing(fleet, world.store, hosts, {})
    report_data(fleet, world.store, hosts, {})
    assert len(told.plans) > 10
    assert told.scans() == {"host_locks", "lost_hosts"}
