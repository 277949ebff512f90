"""A client that rewrites its configuration between plan and move: the same change again, or none at all."""

from __future__ import annotations

from typing import Any

import pytest

from smartfleet.campaign.orders import moves
from smartfleet.campaign.refresh import Look
from smartfleet.campaign.replan import replanned, same_change
from smartfleet.model.facts import HostFacts
from smartfleet.model.results import Outcome
from smartfleet.plan import make_plan
from tests.unit.builders import CONFIG_PATH, INSTANCE, TIME, Case, cases, config_text, facts_of, fleet_config


def seen(case: dict[str, Any]) -> HostFacts:
    change = case.get("text_change")
    text = config_text([{}]).replace(*change) if change else None
    return facts_of({**case, "text": text} if text else case)


@pytest.mark.parametrize("case", cases("replan"), ids=lambda case: str(case["name"]))
def test_only_the_same_change_is_tried_again(case: Case) -> None:
    config = fleet_config()
    plan = make_plan({"a": (TIME, seen(case["before"]))}, config, created=TIME, instance_id=INSTANCE)
    told = Outcome(user="eva", config_path=CONFIG_PATH, outcome="refused", code=case.get("refused", "config-changed"))
    look = Look(TIME + 60, seen(case["after"]), {"eva"})
    new = replanned(plan.hosts[0], [told], look, config, INSTANCE)
    assert (new is not None) == case["again"]
    if new:
        ((before,), (after,)) = moves(plan.hosts[0]), moves(new)
        assert same_change(before, after)
        assert after.old_sha256 == look.facts.profiles[0].config.sha256


def test_other_profiles_of_the_host_are_left_alone() -> None:
    """Theirs were carried out, or refused for good."""
    both = facts_of({}).model_copy(
        update={"profiles": [*facts_of({}).profiles, *facts_of({"user": "max", "config": {"path": "/m"}}).profiles]}
    )
    config = fleet_config()
    plan = make_plan({"a": (TIME, both)}, config, created=TIME, instance_id=INSTANCE)
    assert len(moves(plan.hosts[0])) == 2
    told = [
        Outcome(user="eva", config_path=CONFIG_PATH, outcome="refused", code="config-changed"),
        Outcome(user="max", config_path="/m", outcome="moved"),
    ]
    new = replanned(plan.hosts[0], told, Look(TIME + 60, both, {"eva", "max"}), config, INSTANCE)
    assert new is not None
    assert [move.user for move in moves(new)] == ["eva"]


def test_a_fleet_that_goes_elsewhere_now_changes_nothing() -> None:
    """What smartfleet.yml says since then is another change than the one that was agreed to."""
    plan = make_plan({"a": (TIME, facts_of({}))}, fleet_config(), created=TIME, instance_id=INSTANCE)
    told = Outcome(user="eva", config_path=CONFIG_PATH, outcome="refused", code="config-changed")
    look = Look(TIME + 60, facts_of({}), {"eva"})
    for changed in (
        {"servers": {"old": ["https://old.example.org"], "new": "https://other.example.org"}},
        {"move": {"strategy": "reconnect"}},
        {"move": {"on_missing_session": "sign-in"}},
    ):
        assert replanned(plan.hosts[0], [told], look, fleet_config(**changed), INSTANCE) is None
