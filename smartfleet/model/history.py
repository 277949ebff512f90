"""The audit trail as ``history`` tells it. Schema ``smartfleet.history/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.campaign import TrailEntry


class TrailCheck(Document):
    """Whether the audit trail is as it was written."""

    entries: int = Field(description="lines that were looked at")
    ok: bool
    broken_at: int | None = Field(description="the first line that is not as it was written")
    reason: str = ""
    last: str = Field(description='hash of the last line, to be kept elsewhere and given as anchor later; "" if broken')
    anchor: str = Field("", description="the earlier hash that was looked for")


class HistoryDocument(Document):
    """Who ran what from where, with which plan, over which hosts, and what came of it; oldest first."""

    schema_: Literal["smartfleet.history/1"] = Field("smartfleet.history/1", alias="schema")
    entries: list[TrailEntry]
    check: TrailCheck | None = Field(description="null where it was not asked for; if it failed, no entries are told")
