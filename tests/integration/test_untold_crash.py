"""A run is told of once, at whatever commit of the store its process dies; in one process, with simulated hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet.campaign.audit import audit
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.carrying import carry_out
from smartfleet.cli.sending import queue_run, queue_untold
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import RunSettings
from tests.unit.campaign_world import Killed, World
from tests.unit.test_judging import Audited
from tests.unit.test_sending_commands import no_report
from tests.unit.test_untold import fleet, kinds

__all__ = ["fleet"]
pytestmark = pytest.mark.once


def look(campaign: Campaign, made: World) -> object:
    return audit(replace(campaign, execute=Audited({"a": {}})), made.names)


def move(campaign: Campaign, made: World) -> object:
    return carry_out(campaign, made.plan, RunSettings())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("verb", "work"), [("audit", look), ("apply", move)])
def test_every_run_that_ended_is_told_once_whenever_its_process_died(
    tmp_path: Path, fleet: Fleet, when: str, verb: str, work: Callable[[Campaign, World], object]
) -> None:
    commit, ended = 0, list[int]()
    while True:
        commit += 1
        (tmp_path / str(commit)).mkdir()
        made = World(tmp_path / str(commit), ["a"])
        made.dying(commit, when)
        telling = replace(made.campaign(), ended=told_of(made, fleet))
        try:
            work(telling, made)
        except Killed:
            died = True
        else:
            died = False
        made.revived()
        run = made.store.runs(1)[0]
        for _ in range(2):
            queue_untold(fleet, made.store, no_report)
        over = run.verb == verb and run.finished is not None
        assert kinds(made.store) == ([verb] if over else [])
        assert made.store.untold(0.0) == []
        ended += [commit] if over and died else []
        if not died:
            break
    # between its end and its message it is judged
    assert len(ended) > 2


def told_of(made: World, fleet: Fleet) -> Callable[[str], None]:
    return lambda run: queue_run(fleet, made.store, run, no_report)
