"""`apply --check` heeds each option that it is given, or says that it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.runner import Controls, Run
from smartfleet.cli import carry
from smartfleet.cli.apply import command
from smartfleet.cli.going import Wishes
from smartfleet.cli.main import main
from smartfleet.cli.runs import of_plan
from smartfleet.engines.answers import RunAnswers, gather
from smartfleet.model.campaign import CampaignSettings
from tests.unit.campaign_world import World

# every option that says how a run goes, with a value; --host-timeout and --probe-timeout are heeded
REFUSED = {
    "--canary": "5",
    "--waves": "10,25%",
    "--pause": "ask",
    "--soak": "5m",
    "--verify": "every",
    "--window": "mon-fri 18:00-06:00 UTC",
    "--max-failed": "5",
    "--max-unreachable": "wave:30%",
    "--max-drifted": "any",
    "--offline": "fail",
    "--until": "5d",
    "--every": "1h",
    "--detach": "",
    "--resume": "20260101-120000-ab12cd34",
    "--retry": "failed",
    "--run": "20260101-120000-ab12cd34",
}
HEEDED = {"--host-timeout", "--probe-timeout"}
PLAIN = {
    *("--fleet", "--limit", "--user", "--format", "--yes", "--ask-become-pass", "-K", "--engine", "--check"),
}


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_every_option_is_heeded_or_refused() -> None:
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("-")}
    assert options - PLAIN == REFUSED.keys() | HEEDED


@pytest.mark.parametrize(("option", "value"), REFUSED.items())
def test_what_would_do_nothing_is_refused(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["apply", "--check", "--fleet", str(tmp_path), option, *([value] if value else [])]
    told = refused(words, capsys)
    assert f"error[usage/check-has-no-run]: --check does not go together with {option}\n" in told
    assert "  why: " in told
    assert "smartfleet plan --limit" in told.partition("  do:  ")[2]


def test_all_that_cannot_be_heeded_is_named_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [part for option in ("--canary", "--max-failed", "--until") for part in (option, REFUSED[option])]
    told = refused(["apply", "--check", "--fleet", str(tmp_path), *given], capsys)
    assert "--canary, --max-failed, --until\n" in told


def test_how_long_a_host_may_take_is_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, seen = World(tmp_path, ["a"]), []

    def asked(run: Run, controls: Controls) -> RunAnswers:
        seen.append((run.check, controls.host_timeout, controls.probe_timeout))
        return RunAnswers(gather(run.hosts, []), interrupted=False, rc=0)

    @contextmanager
    def opened(*_about: Any) -> Iterator[Campaign]:
        yield replace(world.campaign(), execute=asked)

    monkeypatch.setattr(carry, "campaign", opened)
    wishes = Wishes({"host_timeout": 77.0, "probe_timeout": 2.5}, None, None)
    intent = of_plan(CampaignSettings(), world.plan, wishes)
    carry.look_only(world.campaign().fleet, world.store, intent, "json", ask_become=False)
    assert seen == [(True, 77.0, 2.5)]
