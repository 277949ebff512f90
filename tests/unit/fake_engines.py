"""Engines that exist only in a test: what becomes of each shard is a function's to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from smartfleet.engines.answers import Answer
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Ended, Event, Listener
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError, StoreError
from smartfleet.model.shards import ShardRecord
from smartfleet.store.shards import ShardEnd

Says = Callable[[Shard], Iterable[Answer | Ended]]
DONE = Ended("done", begun=True)
LOST = Ended("lost", begun=True, code="worker/lost", message="the link broke")
REFUSED = Ended("failed", begun=False, code="worker/version", message="it has another version", do="install 1.2 there")


def all_answer(shard: Shard) -> Iterable[Answer | Ended]:
    yield from (Answer(host, "smartde.nextcloud.x", "ok", {}) for host in shard.hosts)
    yield DONE


class _Attempt:
    worker = "w1"

    def stop(self) -> None: ...

    def cancel(self) -> None: ...


@dataclass
class FakeEngine:
    """`sent` are the shards that came, with their orders; `says` gives what is told of each."""

    says: Says = all_answer
    here: bool = False
    sent: list[tuple[Shard, Order]] = field(default_factory=list)

    def submit(self, shard: Shard, order: Order, listen: Listener) -> _Attempt:
        self.sent.append((shard, order))
        for number, said in enumerate(self.says(shard), 1):
            listen(Event(shard.shard, shard.attempt, number, said))
        return _Attempt()

    def check(self) -> Mapping[str, object]:
        return {}

    def close(self) -> None: ...


@dataclass
class FakeOffer:
    """Engines by name, and their names by site; sites that are not named are this machine's."""

    engines: Mapping[str, FakeEngine] = field(default_factory=lambda: {"local": FakeEngine(here=True)})
    sites: Mapping[str, str] = field(default_factory=dict)
    shared_over: int = 1

    def name(self, site: str) -> str:
        return self.sites.get(site, "local")

    def buckets(self, site: str) -> int:
        return self.shared_over if site in self.sites else 1

    def engine(self, name: str) -> FakeEngine:
        if name not in self.engines:
            raise EngineError("engine/dask-missing", "no such thing here", do="install it")
        return self.engines[name]


@dataclass
class FakeBook:
    """What was written. A book that is `away` takes no ends."""

    records: list[ShardRecord] = field(default_factory=list)
    ends: list[ShardEnd] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    away: bool = False

    def begin_shards(self, records: Sequence[ShardRecord]) -> list[ShardRecord]:
        begun = [record.model_copy(update={"attempt": 1 + self._tries(record)}) for record in records]
        self.records += begun
        return begun

    def end_shard(self, end: ShardEnd) -> None:
        if self.away:
            raise StoreError("store/away", "it is gone")
        self.ends.append(end)

    def add_trail(self, event: str, *, run: str, verb: str, hosts: Iterable[str], detail: str) -> None:
        self.trail.append(f"{event} {run} {verb} {','.join(hosts)}: {detail}")

    def _tries(self, record: ShardRecord) -> int:
        return sum((one.run, one.shard) == (record.run, record.shard) for one in self.records)
