"""What follows a run: whoever is to be told of it is told once, however it ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet.campaign.audit import audit
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.queue import run_due
from smartfleet.campaign.rollback import rollback
from smartfleet.campaign.verify import Question, verify
from smartfleet.errors import RunError
from tests.unit.builders import CONFIG_PATH
from tests.unit.campaign_world import Hosts, World
from tests.unit.test_judging import Audited


def telling(made: World) -> tuple[Campaign, list[str]]:
    """With the states of the runs that were told."""
    told: list[str] = []

    def ended(run: str) -> None:
        found = made.store.run(run)
        assert found
        assert found.finished
        told.append(f"{found.verb} {found.state}")

    return replace(made.campaign(), ended=ended), told


def test_every_verb_tells_of_its_run(tmp_path: Path) -> None:
    made = World(tmp_path, ["a"])
    campaign, told = telling(made)
    campaign = replace(campaign, execute=Audited({"a": {}}))
    audit(campaign, ["a"])
    verify(campaign, ["a"], Question("journal"))
    rollback(campaign, {"a": [Moved("eva", CONFIG_PATH)]})
    assert told == ["audit done", "verify done", "rollback done"]


@pytest.mark.parametrize("error", [RunError("run/no-host-reported", "nothing"), KeyboardInterrupt()])
def test_a_run_that_breaks_off_is_told_too(tmp_path: Path, error: BaseException) -> None:
    made = World(tmp_path, ["a"])
    campaign, told = telling(made)

    def broken(*_arguments: object) -> None:
        raise error

    with pytest.raises(type(error)):
        audit(replace(campaign, execute=broken), ["a"])  # type: ignore[arg-type]  # it answers nothing
    assert told == ["audit failed"]


def test_a_pass_of_the_queue_after_which_hosts_still_wait_is_no_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = World(tmp_path, ["a", "b"], Hosts({"a": ["offline", "offline", "moved"]}))
    campaign, told = telling(made)
    monkeypatch.setattr(made, "campaign", lambda: campaign)
    made.apply({"until": made.clock.time + 86_400, "every": 900.0}, stay=False)
    assert told == ["apply waiting"]
    for expected in (["apply waiting"], ["apply waiting", "apply done"]):
        made.clock.time += 2000
        assert len(run_due(campaign, made.events.append)) == 1
        assert told == expected
