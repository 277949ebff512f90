"""What may be written after the options of `apply`, and what becomes of the settings."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from smartfleet.cli import values
from smartfleet.cli.going import Wishes, campaign_options
from smartfleet.cli.grouped import GroupedCommand
from smartfleet.cli.values import Tolerated
from smartfleet.model.campaign import Budget, CampaignSettings, Limit, RunSettings

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.share, "20", 20),
        (values.share, " 5% ", "5%"),
        (values.share, "0", 0),
        (values.share, "12.5%", "12.5%"),
        (values.canary, "5%", "5%"),
        (values.canary, "3", 3),
        (values.canary, "pc-1", ["pc-1"]),
        (values.canary, "pc-1, pc-2", ["pc-1", "pc-2"]),
        (values.shares, "10,25%,50%", [10, "25%", "50%"]),
        (values.pause, "ask", "ask"),
        (values.pause, "1h30m", 5400.0),
        (values.interval, "15m", 900.0),
        (values.tolerated, "5%", Tolerated("all", "5%")),
        (values.tolerated, "wave:3", Tolerated("wave", 3)),
        (values.tolerated, "any", Tolerated("all", None)),
        (values.tolerated, "wave:any", Tolerated("wave", None)),
        (values.window, "always", None),
    ],
)
def test_values(read: Any, text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (values.share, "-1", "neither a number"),
        (values.share, "101%", "neither a number"),
        (values.share, "\u00b2", "neither a number"),
        (values.share, "", "neither a number"),
        (values.canary, "pc-1,,pc-2", "no list of host names"),
        (values.canary, "1.5", "neither a number"),
        (values.shares, "10,", "neither a number"),
        (values.pause, "later", "no length of time"),
        (values.interval, "0s", "once a second"),
        (values.tolerated, "wave:", "neither a number"),
        (values.tolerated, "all:3", "neither a number"),
        (values.window, "18:00-06:00", "no maintenance window"),
        (values.window, "mon-xyz 18:00-06:00 UTC", "'xyz' is no day"),
        (values.window, "25:00-06:00 UTC", "no time of day"),
        (values.window, "18:00-06:00 Nowhere/Town", "no time zone"),
        (values.window, "18:00-06:00 ../../etc/passwd", "no time zone"),
    ],
)
def test_wrong_values_are_told(read: Any, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("18:00-06:00 UTC", ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        ("mon-wed 18:00-06:00 UTC", ["mon", "tue", "wed"]),
        ("sat-mon,wed 18:00-06:00 UTC", ["sat", "sun", "mon", "wed"]),
        ("fri  18:00-06:00  UTC", ["fri"]),
    ],
)
def test_days_of_a_window(text: str, days: list[str]) -> None:
    found = values.window(text)
    assert found is not None
    assert (found.days, found.start, found.end, found.zone) == (days, "18:00", "06:00", "UTC")


@pytest.mark.parametrize(
    ("text", "moment"),
    [("5d", NOW + 432_000), ("90s", NOW + 90), ("2026-12-31T18:00+01:00", 1_798_736_400.0)],
)
def test_until(text: str, moment: float) -> None:
    assert values.until(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-12-31T18:00", "names no time zone"),
        ("2020-12-31T18:00+01:00", "is over"),
        ("tomorrow", "neither a length of time"),
        ("5x", "no length of time"),
    ],
)
def test_wrong_moments_are_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        values.until(text, NOW)


@click.command(cls=GroupedCommand)
@click.option("--plain", help="Without a heading.")
@campaign_options
def command(*, plain: str | None, wishes: Wishes) -> None:
    click.echo(repr((plain, wishes)))


def wishes(*arguments: str) -> Wishes:
    kept: list[Wishes] = []

    @click.command()
    @campaign_options
    def keeping(*, wishes: Wishes) -> None:
        kept.append(wishes)

    result = CliRunner().invoke(keeping, arguments)
    if result.exit_code:
        raise click.UsageError(result.output)
    return kept[0]


FLEET = CampaignSettings(canary=5, waves=[10], soak=60, budget=Budget(failed=Limit(wave=2, all="10%")))


class TestWishes:
    def test_without_options_all_is_as_the_fleet_has_it(self) -> None:
        assert wishes().of(RunSettings(campaign=FLEET)) == RunSettings(campaign=FLEET)

    def test_options_replace_what_they_name(self) -> None:
        told = wishes(
            "--canary", "pc-1", "--waves", "10%,50", "--pause", "ask", "--soak", "5m", "--verify", "every",
            "--offline", "fail", "--host-timeout", "10m", "--probe-timeout", "2s", "--until", "5d", "--every", "1h",
            "--max-failed", "5%", "--max-drifted", "any", "--max-unreachable", "wave:30%",
            "--window", "sat-sun 08:00-20:00 UTC", "--window", "mon 18:00-06:00 UTC",
        ).of(RunSettings(campaign=FLEET))  # fmt: skip
        campaign = told.campaign
        assert (campaign.canary, campaign.waves, campaign.pause) == (["pc-1"], ["10%", 50], "ask")
        assert (campaign.soak, campaign.verify, campaign.offline) == (300, "every", "fail")
        assert (campaign.host_timeout, campaign.probe_timeout, told.every) == (600, 2, 3600)
        assert campaign.budget.failed == Limit(wave=2, all="5%")
        assert campaign.budget.drifted == Limit(wave=None, all=None)
        assert campaign.budget.unreachable == Limit(wave="30%", all=None)
        assert [window.start for window in campaign.windows] == ["08:00", "18:00"]

    def test_always_takes_the_windows_away(self) -> None:
        window = {"start": "18:00", "end": "06:00", "zone": "UTC"}
        settings = RunSettings(campaign=CampaignSettings.model_validate({"windows": [window]}))
        assert wishes("--window", "always").of(settings).campaign.windows == []
        assert wishes().of(settings).campaign.windows != []

    def test_a_value_that_does_not_fit_is_wrong_usage(self) -> None:
        with pytest.raises(click.UsageError, match="--host-timeout"):
            wishes("--host-timeout", "0s").of(RunSettings())
        with pytest.raises(click.UsageError, match="is no maintenance window"):
            wishes("--window", "nights")

    def test_how_often_is_nothing_without_how_long(self) -> None:
        with pytest.raises(click.UsageError, match="--until"):
            wishes("--every", "5m").of(RunSettings())
        # a run that is gone on with knows its own end
        assert wishes("--every", "5m").of(RunSettings(until=NOW + 3600)).every == 300

    def test_what_divides_the_hosts_is_named(self) -> None:
        assert wishes("--canary", "1", "--waves", "5").divides() == ["--canary", "--waves"]
        assert wishes("--soak", "5m").divides() == []

    def test_help_has_headings(self) -> None:
        told = CliRunner().invoke(command, ["--help"]).output
        places = [told.index(part) for part in ("Options:", "Waves:", "When to stop:", "Hosts that are not ready:")]
        assert places == sorted(places)
        assert all(len(row) <= 80 for row in told.splitlines())
