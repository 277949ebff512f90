"""Where a fleet stands. Schema ``smartfleet.status/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.campaign import Lock
from smartfleet.model.report import Headline
from smartfleet.model.runs import RunSummary
from smartfleet.model.shards import LostHost


class StatusDocument(Document):
    """Where the fleet stands."""

    schema_: Literal["smartfleet.status/1"] = Field("smartfleet.status/1", alias="schema")
    fleet: str
    headline: Headline
    behind: int = Field(
        0, description="hosts that the figures count as they stood when they were judged last: too many became others"
    )
    runs: list[RunSummary]
    locks: list[Lock] = Field(default_factory=list, description="hosts that a run works on now")
    lost: list[LostHost] = Field(
        default_factory=list, description="hosts whose worker was lost; they are asked before anything is begun on them"
    )
    waiting: dict[str, int] = Field(
        default_factory=dict, description="hosts that wait to be tried again, by run; queue list names them"
    )
    unsent: dict[str, int] = Field(
        default_factory=dict, description="messages that could not be sent so far, by target; outbox list names them"
    )
    next: str = Field(description="the next command")
