"""Runs as they are listed: who did what, when, and how it ended."""

from __future__ import annotations

from pydantic import Field

from smartfleet.model.base import Document


class RunSummary(Document):
    """A run of the past. `finished` is null while it runs, or for ever if it was killed."""

    run: str
    verb: str
    started: float
    finished: float | None
    state: str
    admin: str
    plan_hash: str = Field("", description='the plan that was carried out; "" for other verbs')
    hosts: int
    parent: str = Field("", description="the run whose hosts it tries again")
    driven: bool = Field(default=False, description="a process goes on with it now")
