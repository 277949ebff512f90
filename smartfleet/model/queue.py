"""Hosts that wait to be tried again, as ``queue list`` tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document
from smartfleet.model.campaign import HostProgress, RunState
from smartfleet.model.results import Outcome


class QueuedRun(Document):
    """A run that tries its waiting hosts again."""

    run: str
    admin: str
    until: float = Field(description="it tries them until then, seconds since the epoch")
    every: float = Field(description="seconds between two tries of a host, before hosts that stay away are asked less")
    driven: bool = Field(description="a process goes on with it now; else `smartfleet queue run` does")
    hosts: list[HostProgress]


class QueueDocument(Document):
    """All runs with waiting hosts and time left."""

    schema_: Literal["smartfleet.queue/1"] = Field("smartfleet.queue/1", alias="schema")
    runs: list[QueuedRun]
    unqueued: list[str] = Field(description="hosts that wait too, but no run tries them any more")


class QueueTry(Document):
    """What became of the hosts of one run that were due."""

    run: str
    state: RunState = Field(description="of the run, which waits again while it has time and hosts")
    outcomes: list[Outcome]


class QueuePassDocument(Document):
    """One pass of ``queue run``."""

    schema_: Literal["smartfleet.queue-pass/1"] = Field("smartfleet.queue-pass/1", alias="schema")
    tries: list[QueueTry]
    waiting: int = Field(description="hosts that still wait in a queue")
