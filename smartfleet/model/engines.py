"""Which engines a fleet has, and whether their workers can be used. Schema ``smartfleet.engines/1``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smartfleet.model.base import Document

EngineKind = Literal["local", "ssh", "dask"]
UseState = Literal["ok", "failed"]


class _Usable(Document):
    state: UseState
    code: str = Field("", description='stable reason, for example worker/version; "" when ok')
    message: str = ""
    why: str = Field("", description="why it matters")
    do: str = Field("", description="the command or the sentence that mends it")


class WorkerSeen(_Usable):
    """What a worker says of itself (untrusted), or why it cannot be used."""

    worker: str = Field(description="as the engine calls it: here, worker@host:port, a Dask worker's name")
    name: str = Field("", description="what its machine calls itself")
    smartfleet: str = ""
    ansible_core: str = ""
    python: str = ""
    collections: list[str] = Field(default_factory=list)
    free_bytes: int | None = Field(None, description="where it keeps what it works with")
    ahead: float | None = Field(None, description="seconds that its clock is ahead of this machine's")


class EngineSeen(_Usable):
    """`state` is failed if the way to its workers is closed, or one of them cannot be used."""

    name: str
    kind: EngineKind
    default: bool = Field(description="whether it works on the hosts of all sites that name no other")
    sites: list[str]
    workers: list[WorkerSeen]


class EnginesDocument(Document):
    schema_: Literal["smartfleet.engines/1"] = Field("smartfleet.engines/1", alias="schema")
    engines: list[EngineSeen]
