"""How a plan is carried over a fleet: waves, budget, windows; how far each host is, and who holds it."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from smartfleet.durations import Duration
from smartfleet.model.base import Document

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WaveState = Literal["pending", "running", "soaking", "done"]
HostState = Literal["pending", "running", "waiting", "done"]
BudgetKind = Literal["failed", "unreachable", "drifted"]
RunState = Literal["running", "done", "waiting", "interrupted", "stopped", "failed"]
"""`waiting`: the queue goes on with it; `stopped`: its budget is spent or the admin said no between two waves."""

_SHARE = re.compile(r"\d{1,3}(\.\d+)?%")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_share(value: int | str) -> int | str:
    """The value as it came. ValueError for what is neither a number of hosts nor a percentage of them."""
    if isinstance(value, int):
        if value < 0:
            raise ValueError("a number of hosts is not negative")
        return value
    if not _SHARE.fullmatch(value) or float(value[:-1]) > 100:
        raise ValueError(f"{value!r} is neither a number of hosts nor a percentage such as 10%")
    return value


def _clock(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise ValueError(f"{value!r} is no time of day: write 18:00, in quotes")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is no time zone: write Europe/Berlin or UTC") from None
    return value


Share = Annotated[int | str, AfterValidator(check_share)]
"""A number of hosts, or a percentage of them as text; percentages are rounded up."""
Clock = Annotated[str, AfterValidator(_clock)]


class Limit(Document):
    """How many hosts are tolerated; one more, and the budget is spent. Null: any number."""

    wave: Share | None = Field(None, description="of one wave's hosts")
    all: Share | None = Field(None, description="of all hosts of the run")


class Budget(Document):
    """What may go wrong before nothing new is begun."""

    failed: Limit = Limit(all="10%")
    unreachable: Limit = Limit()
    drifted: Limit = Limit(all=0)


class MaintenanceWindow(Document):
    """When hosts may be begun. A window whose end is not after its start goes over midnight."""

    days: list[Day] = Field(
        default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], min_length=1, description="on which it opens"
    )
    start: Clock
    end: Clock
    zone: Annotated[str, AfterValidator(_zone)] = Field(description="IANA name, for example Europe/Berlin")


class CampaignSettings(Document):
    """How `apply` goes over the fleet; each key of `campaign:` in `smartfleet.yml`, and its option."""

    canary: Share | list[str] = Field(0, description="hosts of the first wave: their number, or their names")
    waves: list[Share] = Field(default_factory=list, description="sizes after the canary; what is left is the last one")
    pause: Literal["ask"] | Duration = Field(0.0, description="between waves: a question, or seconds")
    soak: Duration = Field(0.0, description="seconds to wait after a wave before it is looked at again")
    verify: Literal["none", "canary", "every"] = Field(
        "canary", description="which waves are verified before the next one; nothing follows the last one"
    )
    budget: Budget = Budget()
    windows: list[MaintenanceWindow] = Field(default_factory=list, description="none: always")
    offline: Literal["wait", "fail"] = "wait"
    host_timeout: Duration = Field(1800.0, gt=0, description="seconds that one task of one host may take")
    probe_timeout: Duration = Field(3.0, gt=0, description="seconds for a port to answer before the run")


class RunSettings(Document):
    """What a run of `apply` was begun with; kept in the store, so that a resume needs no options."""

    campaign: CampaignSettings = CampaignSettings()
    until: float | None = Field(None, description="waiting hosts are tried until then, seconds since the epoch")
    every: float = Field(900.0, description="seconds between two tries of a waiting host")
    parent: str = Field("", description="the run whose hosts are tried again")
    forgiven: dict[BudgetKind, list[str]] = Field(
        default_factory=dict, description="hosts that the budget does not count, as an admin went on all the same"
    )


class Wave(Document):
    """A part of a run."""

    number: int = Field(description="from 0; the canary is 0 where there is one")
    name: str = Field(description="canary, wave 1, wave 2 ...")
    hosts: list[str]
    state: WaveState = "pending"
    soak_until: float | None = None


class HostProgress(Document):
    """How far a host is in a run."""

    run: str
    host: str
    wave: int
    state: HostState = "pending"
    attempts: int = 0
    next_at: float | None = Field(None, description="waiting: not tried before, seconds since the epoch")
    outcome: str = Field("", description="the worst of its profiles")
    code: str = ""


class Lock(Document):
    """Who holds a host."""

    host: str
    run: str
    admin: str
    where: str = Field(description="the machine that the run was started on")
    taken: float
    until: float


class Postponed(Document):
    """A user who put the move off: how often, and until when the last time."""

    host: str
    user: str
    times: int
    until: float


class TrailEntry(Document):
    """One line of the audit trail. `hash` is the SHA-256 of `previous` and the line's canonical JSON without `hash`."""

    number: int
    time: float
    admin: str
    where: str
    event: str = Field(description="begun, resumed, ended, unlocked ...")
    run: str = ""
    verb: str = ""
    plan_hash: str = ""
    hosts: list[str] = Field(default_factory=list)
    outcomes: dict[str, int] = Field(default_factory=dict, description="profiles by outcome; verdicts likewise")
    detail: str = ""
    previous: str
    hash: str
