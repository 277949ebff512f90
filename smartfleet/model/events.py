"""What a run tells while it goes on: one JSON object a line with ``--format jsonl``. Schema ``smartfleet.event/1``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from smartfleet.model.base import Document
from smartfleet.model.results import Outcome, Verdict


class _Event(Document):
    schema_: Literal["smartfleet.event/1"] = Field("smartfleet.event/1", alias="schema")
    time: float = Field(description="seconds since the epoch")
    run: str


class RunBegun(_Event):
    """The run stands in the store; nothing was done yet."""

    event: Literal["run-begun"] = "run-begun"
    verb: str
    resumed: bool = False
    plan_hash: str
    hosts: int
    waves: list[int] = Field(description="hosts by wave")
    names: list[str] = Field(default_factory=list, description="of the waves: canary, wave 1, wave 2 ...")
    through: list[int] = Field(
        default_factory=list, description="hosts of each wave that a resumed run needs not begin again"
    )


class Probed(_Event):
    """Every host's port was asked."""

    event: Literal["probed"] = "probed"
    wave: int
    online: int
    offline: list[str]
    untried: int = Field(description="hosts that only a connection can ask, for example behind a jump host")


class WaveBegun(_Event):
    event: Literal["wave-begun"] = "wave-begun"
    wave: int
    name: str
    hosts: int


class HostDone(_Event):
    """All that became of a host's profiles in this try."""

    event: Literal["host-done"] = "host-done"
    wave: int
    host: str
    outcomes: list[Outcome]


class FolderVerified(_Event):
    """A folder of a wave that was looked at again."""

    event: Literal["folder-verified"] = "folder-verified"
    wave: int
    verdict: Verdict


class ShardTroubled(_Event):
    """A worker was lost with some hosts, or none took them. What becomes of each host is told by itself."""

    event: Literal["shard-troubled"] = "shard-troubled"
    shard: str
    attempt: int
    engine: str
    worker: str = ""
    site: str = ""
    state: Literal["lost", "failed"] = Field(description="failed: it was refused, and nothing was begun")
    code: str
    message: str
    do: str
    hosts: int


class WaveEnded(_Event):
    event: Literal["wave-ended"] = "wave-ended"
    wave: int
    name: str
    outcomes: dict[str, int] = Field(description="profiles by outcome")


class Waiting(_Event):
    """Nothing is done before `until`."""

    event: Literal["waiting"] = "waiting"
    reason: Literal["pause", "soak", "window", "queue", "lost"] = Field(
        description="lost: for workers that were lost to end what they had begun"
    )
    until: float
    hosts: int = Field(0, description="that wait in the queue, or were lost")


class BudgetSpent(_Event):
    """Nothing new is begun any more."""

    event: Literal["budget-spent"] = "budget-spent"
    wave: int
    kind: Literal["failed", "unreachable", "drifted"]
    count: int
    tolerated: int
    scope: Literal["wave", "all"]


class RunEnded(_Event):
    event: Literal["run-ended"] = "run-ended"
    state: str
    outcomes: dict[str, int]
    next: str = ""


Event = Annotated[
    RunBegun
    | Probed
    | WaveBegun
    | HostDone
    | ShardTroubled
    | FolderVerified
    | WaveEnded
    | Waiting
    | BudgetSpent
    | RunEnded,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
