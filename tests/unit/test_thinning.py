"""Thinning at the end of a run: once a day, as smartfleet.yml wants it, and never a reason for a run to fail."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.thinning import thin
from smartfleet.errors import StoreError
from smartfleet.fleet import Fleet
from smartfleet.store.retention import Limits
from smartfleet.store.tables import FACTS
from tests.unit.builders import TIME, facts_of, fleet_config
from tests.unit.campaign_world import World
from tests.unit.retention_world import DAY, Years


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, ["a"])
    for day in range(20, 0, -1):
        run = made.store.begin("audit", 1)
        made.store.add_facts(run, {"b": (TIME - day * DAY, facts_of({}))})
        made.store.finish(run, "done")
    return made


def campaign(world: World, retention: Mapping[str, Any]) -> Campaign:
    settings = fleet_config().model_dump() | {"retention": retention}
    config = type(fleet_config()).model_validate(settings)
    return dataclasses.replace(world.campaign(), fleet=Fleet(world.folder, config))


def facts_left(world: World) -> int:
    return Years(world.store._database.engine).count(FACTS)


def test_as_the_settings_want_it_and_once_a_day(world: World) -> None:
    thin(campaign(world, {}))
    assert (facts_left(world), world.told) == (21, [])
    thin(campaign(world, {"facts_days": 5, "weekly_days": 10}))
    assert facts_left(world) == 21, "not due again"


def test_what_went_is_in_the_trail(world: World) -> None:
    thin(campaign(world, {"facts_days": 1, "weekly_days": 1}))
    assert facts_left(world) == 3
    line = world.store.trail()[-1]
    assert (line.event, line.detail) == ("thinned", "facts 18")
    assert world.store.check_trail().ok
    assert world.told == []


@pytest.mark.parametrize("error", [StoreError("store/busy", "another process has kept it"), KeyboardInterrupt()])
def test_what_goes_wrong_is_told(error: BaseException, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_limits: Limits, _seconds: float) -> dict[str, int]:
        raise error

    monkeypatch.setattr(world.store, "thin", broken)
    thin(campaign(world, {}))
    (told,) = world.told
    assert told.startswith("old entries of the store were not all removed: ")
