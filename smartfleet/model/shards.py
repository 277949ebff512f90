"""What was handed to which engine, and which hosts a worker may still work on that nobody hears of any more."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document

ShardState = Literal["running", "done", "failed", "lost", "cancelled"]


class ShardRecord(Document):
    """One attempt at a shard, as the store keeps it; written before anything is handed over."""

    run: str
    shard: str
    attempt: int = Field(0, description="from 1; 0 before the store has numbered it")
    engine: str
    worker: str = Field("", description="who got it, where the engine knows")
    site: str = ""
    playbook: str
    hosts: list[str]
    state: ShardState = "running"
    begun_at: float = 0.0
    ended_at: float | None = None
    code: str = Field("", description="why it is not done")
    grace: float | None = Field(
        None, description="seconds for which its worker may work on hosts after its controller died; null: it does not"
    )


class LostHost(Document):
    """A host of a lost shard of which no end was heard: nothing is begun on it before it was looked at."""

    host: str
    run: str
    shard: str
    attempt: int
    engine: str
    worker: str = ""
    since: float = Field(description="when the shard was lost, seconds since the epoch")
    wait: float = Field(description="seconds for which its worker may go on from now, without a word from here")
