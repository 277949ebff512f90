"""The options of `apply` that say how it goes over the fleet; what is not given stays as `smartfleet.yml` has it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import click
from pydantic import ValidationError

from smartfleet.cli import values
from smartfleet.cli.grouped import GroupedOption
from smartfleet.cli.values import Parsed, Tolerated
from smartfleet.durations import parse_duration
from smartfleet.model.campaign import CampaignSettings, RunSettings

R = TypeVar("R")

_WAVES = "Waves"
_STOP = "When to stop"
_AWAY = "Hosts that are not ready"
_PLAIN = {
    "canary": "--canary",
    "waves": "--waves",
    "pause": "--pause",
    "soak": "--soak",
    "verify": "--verify",
    "offline": "--offline",
    "host_timeout": "--host-timeout",
    "probe_timeout": "--probe-timeout",
}
"""Settings that an option of the same name replaces."""
_TOLERATED = ("failed", "unreachable", "drifted")
_DIVIDED = ("canary", "waves")
"""What a run that has begun cannot change any more."""


class Wishes(NamedTuple):
    """What the options said; nothing that was not given is in here."""

    campaign: dict[str, Any]
    until: float | None
    every: float | None

    def of(self, settings: RunSettings) -> RunSettings:
        """`settings` with what was wished for. Raises click.UsageError where it does not fit."""
        changes = {"until": self.until, "every": self.every}
        if self.every is not None and self.until is None and settings.until is None:
            raise click.UsageError("--every says how often hosts that wait are tried: say with --until how long")
        try:
            campaign = CampaignSettings.model_validate(_merged(settings.campaign.model_dump(), self.campaign))
        except ValidationError as error:
            first = error.errors()[0]
            place = _PLAIN.get(str(first["loc"][0]), str(first["loc"][0]))
            raise click.UsageError(f"{place}: {first['msg']}") from error
        given = {name: value for name, value in changes.items() if value is not None}
        return settings.model_copy(update={"campaign": campaign, **given})

    def divides(self) -> list[str]:
        """Options that say how hosts are divided into waves."""
        return [_PLAIN[name] for name in _DIVIDED if name in self.campaign]


def _merged(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _merged(value, changes[name]) if isinstance(value, dict) and name in changes else changes.get(name, value)
        for name, value in settings.items()
    }


_LENGTH = Parsed("time", parse_duration)
_LIMIT = Parsed("limit", values.tolerated)
_OPTIONS: tuple[tuple[str, str, click.ParamType[Any], str, str], ...] = (
    (
        _WAVES, "--canary", Parsed("canary", values.canary), "SIZE|HOSTS",
        "The first wave: 10, 5%, or host names with commas between them.",
    ),
    (
        _WAVES, "--waves", Parsed("sizes", values.shares), "SIZES",
        "The waves after it: 10,25%,50%. What is left is the last one.",
    ),
    (
        _WAVES, "--pause", Parsed("pause", values.pause), "ask|TIME",
        "Between two waves: a question, or a length of time such as 15m.",
    ),
    (_WAVES, "--soak", _LENGTH, "TIME", "How long a wave is left alone before it is verified."),
    (
        _WAVES, "--verify", click.Choice(["none", "canary", "every"]), "none|canary|every",
        "Which waves are verified before the next one begins.",
    ),
    (
        _WAVES, "--window", Parsed("window", values.window), "WINDOW",
        "When hosts may be begun: 'mon-fri 18:00-06:00 Europe/Berlin', several times; or always.",
    ),
    (
        _STOP, "--max-failed", _LIMIT, "LIMIT",
        "Hosts that may fail: 20, 5% or any; wave:3 of each wave. One more, and nothing new is begun.",
    ),
    (_STOP, "--max-unreachable", _LIMIT, "LIMIT", "The same for hosts that are offline."),
    (_STOP, "--max-drifted", _LIMIT, "LIMIT", "The same for hosts with a folder that drifted."),
    (_STOP, "--host-timeout", _LENGTH, "TIME", "How long one task of one host may take."),
    (_AWAY, "--probe-timeout", _LENGTH, "TIME", "How long a port may take to answer before the run."),
    (
        _AWAY, "--offline", click.Choice(["wait", "fail"]), "wait|fail",
        "What a host is that cannot be reached: waiting, or failed.",
    ),
    (
        _AWAY, "--until", Parsed("until", lambda text: values.until(text, time.time())), "TIME|MOMENT",
        "Keep trying hosts that wait: for 5d, or until 2026-12-31T18:00+01:00.",
    ),
    (_AWAY, "--every", Parsed("interval", values.interval), "TIME", "With --until: how often; 15m if not given."),
)  # fmt: skip
_SEVERAL = {"--window", "--max-failed", "--max-unreachable", "--max-drifted"}


def campaign_options(function: Callable[..., R]) -> Callable[..., R]:
    """Adds the options; the function is given what they said as `wishes`."""

    @functools.wraps(function)
    def gathered(**given: Any) -> R:  # noqa: ANN401 - whatever click read
        campaign = {name: given.pop(name) for name in _PLAIN}
        limits = {name: given.pop(f"max_{name}") for name in _TOLERATED}
        said = _said(campaign, limits, given.pop("window"))
        wishes = Wishes(said, given.pop("until"), given.pop("every"))
        return function(**given, wishes=wishes)

    for heading, name, kind, metavar, text in reversed(_OPTIONS):
        option = click.option(
            name, cls=GroupedOption, heading=heading, type=kind, metavar=metavar, help=text, multiple=name in _SEVERAL
        )
        gathered = option(gathered)
    return gathered


def _said(campaign: dict[str, Any], limits: dict[str, Sequence[Tolerated]], windows: Sequence[Any]) -> dict[str, Any]:
    said = {name: value for name, value in campaign.items() if value is not None}
    budget = {name: {one.scope: one.share for one in found} for name, found in limits.items() if found}
    if budget:
        said["budget"] = budget
    if windows:
        said["windows"] = [one.model_dump() for one in windows if one is not None]
    return said
