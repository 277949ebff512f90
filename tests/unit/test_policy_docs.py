"""docs/reports.md on the policy: every check with its facts, every field of what own checks are asked about."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from smartfleet.fleet.load import read_settings
from smartfleet.fleet.own import OwnCheck, WaiverSettings
from smartfleet.model.asked import SUBJECTS, fields_of
from smartfleet.model.policy import CheckId
from smartfleet.policy.plugins import GROUP
from tests.unit.builders import NEW, OLD
from tests.unit.evidences import answers, evidence, policy

TEXT = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def blocks(title: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)


def test_every_check_has_its_row() -> None:
    rows = [
        [cell.strip() for cell in row.split("|")]
        for row in re.findall(r"^\|( `.*)\|$", section("The policy"), re.MULTILINE)
    ]
    assert [row[0].strip("`") for row in rows] == list(get_args(CheckId))
    known = {check.check: check for check in policy(client_minimum="3", verify_days=9).checks}
    for check, scope, severity, *texts in rows:
        info = known[check.strip("`")]
        assert (scope, severity) == (info.scope, info.severity)
        assert len(texts) == 4
        why, fails, _unknown, mend = texts
        assert why, check
        assert fails, check
        assert mend, check


@pytest.mark.parametrize("scope", SUBJECTS)
def test_every_field_is_named(scope: str) -> None:
    assert fields_of(SUBJECTS[scope]) <= set(re.findall(r"`([a-z_]+)`", section("Own checks")))


def test_the_examples_are_settings() -> None:
    for text in [*blocks("The policy", "yaml"), *blocks("Own checks", "yaml"), *blocks("Waivers", "yaml")]:
        config, _ = read_settings(Path("smartfleet.yml"), f"servers: {{old: [{OLD}], new: {NEW}}}\n{text}")
        asked = [check.model_dump() for check in config.policy.checks if check.fails_when]
        judgement = policy(checks=asked).judge(evidence({}))
        assert {check["id"]: "pass" for check in asked}.items() <= answers(judgement).items()
    keys = "".join(blocks("Own checks", "yaml") + blocks("Waivers", "yaml"))
    for key in (*OwnCheck.model_fields, *WaiverSettings.model_fields):
        assert f"{key}: " in keys, key
    (package,) = blocks("Own checks", "toml")
    assert tomllib.loads(package)["project"]["entry-points"].keys() == {GROUP}


def test_the_code_of_its_error_is_named() -> None:
    sources = (Path(__file__).parents[2] / "smartfleet" / "policy").glob("*.py")
    used = {code for source in sources for code in re.findall(r'"(policy/[a-z-]+)"', source.read_text("utf-8"))}
    assert used
    assert used <= set(re.findall(r"`(policy/[a-z-]+)`", TEXT))
