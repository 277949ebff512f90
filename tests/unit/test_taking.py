"""An audit reads what hosts say as it comes, and what that means is worked out once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartfleet.assess import assess
from smartfleet.campaign import assessing, taking
from smartfleet.campaign.assessing import each_assessed
from smartfleet.campaign.audit import Audit, audit
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.supervising import without_result
from smartfleet.engines.answers import MODULES, Answer, RunAnswers, gather
from smartfleet.model.assessment import HostAssessment
from tests.unit.builders import facts_of
from tests.unit.campaign_world import World

HOSTS = ["a", "b", "c", "d", "e"]
FACTS: Mapping[str, Any] = {"facts": facts_of({}).model_dump(mode="json")}
SAID = [
    Answer("c", MODULES + "client_facts", "ok", {"facts": "none"}),
    Answer("b", MODULES + "client_facts", "ok", FACTS),
    Answer("d", MODULES + "client_facts", "failed", {"msg": "no"}),
    Answer("a", MODULES + "client_facts", "skipped", {}),
    Answer("a", MODULES + "client_facts", "ok", FACTS),
    Answer("stranger", MODULES + "client_facts", "ok", FACTS),
]


def looked(world: World, *, telling: bool, pause: float = 0.0) -> Audit:
    """`telling`: as runs of Ansible do, which keep no results of what went well."""

    def execute(run: Run, controls: Controls) -> RunAnswers:
        for answer in SAID if telling else ():
            controls.progress(answer)
            time.sleep(pause)
        kept = [without_result(answer) if telling and run.lean else answer for answer in SAID]
        return RunAnswers(gather(run.hosts, kept), interrupted=False, rc=0)

    return audit(replace(world.campaign(), execute=execute), HOSTS)


@pytest.mark.parametrize("how", ["as it comes", "in the end"])
def test_every_host_of_the_run_is_told_once(tmp_path: Path, how: str) -> None:
    found = looked(World(tmp_path, HOSTS), telling=how == "as it comes")
    assert list(found.facts) == ["a", "b"]
    assert list(found.assessments) == ["a", "b"]
    assert {one.host: one.code for one in found.troubles} == {"c": "bad-answer", "d": "module-failed", "e": "no-answer"}


def test_facts_are_of_the_moment_in_which_they_came(tmp_path: Path) -> None:
    found = looked(World(tmp_path, HOSTS), telling=True, pause=0.01)
    assert found.facts["b"][0] < found.facts["a"][0]


def test_what_facts_mean_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, made = World(tmp_path, HOSTS), []

    def counting(host: str, *rest: Any) -> HostAssessment:
        made.append(host)
        return assess(host, *rest)

    for module in (assessing, taking):
        monkeypatch.setattr(module, "assess", counting)
    found = looked(world, telling=True)
    kept = {one.host: one.assessment for one in each_assessed(world.store, world.campaign().fleet.config, HOSTS)}
    assert {host: kept[host] for host in ("a", "b")} == found.assessments
    assert {host: made.count(host) for host in ("a", "b")} == {"a": 1, "b": 1}
