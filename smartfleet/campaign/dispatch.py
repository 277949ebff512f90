"""Shards on their way: numbered and written before they go, and what their ends mean for their hosts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from smartfleet.campaign.sharding import Offer, Share
from smartfleet.campaign.trouble import SHARD_LOST, SHARD_REFUSED
from smartfleet.engines.answers import SHARD, Answer
from smartfleet.engines.protocol import Ended, Engine
from smartfleet.engines.shard import Shard
from smartfleet.errors import StoreError
from smartfleet.fleet.engines import LOCAL
from smartfleet.model.shards import ShardRecord
from smartfleet.store.runs import new_run
from smartfleet.store.shards import ShardEnd
from smartfleet.text import number_of, visible

_CANCELLING = 15.0
"""Seconds that a worker takes at most to end what it began, once it has noticed that the controller is gone."""


class Book(Protocol):
    """What this part writes to the store."""

    def begin_shards(self, records: Sequence[ShardRecord]) -> list[ShardRecord]: ...

    def end_shard(self, end: ShardEnd) -> None: ...

    def add_trail(self, event: str, *, run: str, verb: str, hosts: Iterable[str], detail: str) -> object: ...


@dataclass(frozen=True)
class ShardTrouble:
    """A shard that was lost or refused."""

    record: ShardRecord
    message: str
    do: str


@dataclass(frozen=True)
class Errand:
    """What shards are sent for. `run`: its name in the store; "" for one that leaves no record. Times in seconds.

    `changes`: whether hosts are not as before, so that one of a lost shard must be looked at before another worker may
    have it. `deadline` is an epoch; `silence` how long a worker goes on without a word from here.
    """

    run: str
    playbook: str
    changes: bool
    deadline: float
    silence: float


@dataclass
class Dispatch:
    """The shards of one errand. `troubled` is told of those that were lost or refused, `notify` in words; `said` has
    what refused the last shard of each engine, which is said once and not for each shard and wave.
    """

    offer: Offer
    book: Book
    errand: Errand
    troubled: Callable[[ShardTrouble], None]
    notify: Callable[[str], None]
    said: dict[str, str]
    _records: dict[str, ShardRecord] = field(default_factory=dict, repr=False)

    def send(self, shares: Sequence[Share]) -> list[tuple[Shard, Engine]]:
        """Raises EngineError where this machine lacks what an engine needs, StoreError where nothing can be written."""
        engines = {name: self.offer.engine(name) for name in {share.engine for share in shares}}
        wanted = [self._record(share) for share in shares]
        begun = self.book.begin_shards(wanted) if self.errand.run else _unwritten(wanted)
        self._records = {record.shard: record for record in begun}
        return [(self._shard(record), engines[record.engine]) for record in begun]

    def ended(self, shard: Shard, end: Ended, worker: str) -> list[Answer]:
        """Writes it down, and answers for hosts of a shard that was lost or refused."""
        refused = end.state == "failed" and not end.begun
        record = self._records[shard.shard].model_copy(
            update={"state": end.state, "code": visible(end.code)[:64], "worker": visible(worker)[:255]}
        )
        self._write(record, lost=shard.hosts if end.state == "lost" and self.errand.changes else ())
        if end.state != "lost" and not refused:
            self.said.pop(record.engine, None)
            return []
        trouble = _lost(record, end) if end.state == "lost" else _refused(record, end)
        if not refused or self.said.get(record.engine) != end.message:
            self.notify(f"{trouble.message}; {trouble.do}")
        if refused:
            self.said[record.engine] = end.message
        self.troubled(trouble)
        code = SHARD_LOST if end.state == "lost" else SHARD_REFUSED
        said = {"code": code, "msg": trouble.message, "do": trouble.do}
        return [Answer(host, SHARD, "unreachable", said) for host in shard.hosts]

    def _grace(self, engine: str) -> float:
        """Workers of this machine are lost only once all that they had begun was ended."""
        return 0.0 if engine == LOCAL else self.errand.silence + _CANCELLING

    def _record(self, share: Share) -> ShardRecord:
        """A worker of this machine ends with its controller, and one that only looks does no harm."""
        outlives = self.errand.changes and share.engine != LOCAL
        return ShardRecord(
            run=self.errand.run or new_run(),
            shard=share.name,
            engine=share.engine,
            site=share.site,
            playbook=self.errand.playbook,
            hosts=list(share.hosts),
            grace=self._grace(share.engine) if outlives else None,
        )

    def _shard(self, record: ShardRecord) -> Shard:
        return Shard(
            record.run,
            record.shard,
            record.attempt,
            tuple(record.hosts),
            record.playbook,
            record.site,
            self.errand.deadline,
        )

    def _write(self, record: ShardRecord, lost: Sequence[str]) -> None:
        """What the store cannot take stays `running` there: whoever goes on with the run takes it for lost."""
        if not self.errand.run:
            return
        end = ShardEnd(
            record.run,
            record.shard,
            record.attempt,
            record.state,
            record.code,
            record.worker,
            lost,
            self._grace(record.engine),
        )
        with contextlib.suppress(StoreError):
            self.book.end_shard(end)
            if record.state == "lost":
                self.book.add_trail(
                    "shard-lost", run=record.run, verb=record.playbook, hosts=record.hosts, detail=_where(record)
                )


def _unwritten(records: Iterable[ShardRecord]) -> list[ShardRecord]:
    """Their runs have names that nobody else has, so the first attempt is the only one."""
    return [record.model_copy(update={"attempt": 1}) for record in records]


def _lost(record: ShardRecord, end: Ended) -> ShardTrouble:
    many = number_of(len(record.hosts), "host")
    message = f"{_where(record)} was lost with {many}: {visible(end.message)}"
    return ShardTrouble(record, message, "its hosts are asked what it did there before anything is begun on them again")


def _refused(record: ShardRecord, end: Ended) -> ShardTrouble:
    many = number_of(len(record.hosts), "host")
    message = f"{_where(record)} was refused, nothing was begun on {many}: {visible(end.message)}"
    return ShardTrouble(record, f"{message} [{visible(end.code)}]", visible(end.do))


def _where(record: ShardRecord) -> str:
    worker = f" on {record.worker}" if record.worker else ""
    return f"shard {record.shard}, attempt {record.attempt}, of engine {record.engine}{worker}"
