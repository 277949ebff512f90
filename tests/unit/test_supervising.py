"""Shards on their way to engines that cannot be used, that are slow, or that are many."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from smartfleet.campaign.supervising import Assigned, Supervision
from smartfleet.engines.answers import Answer
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Ended, Event, Listener
from smartfleet.engines.shard import Shard
from smartfleet.engines.spool import Spool
from smartfleet.errors import EngineError
from tests.unit.fake_engines import DONE, FakeEngine

SHARDS = [Shard("run", f"s-{number}", 1, (f"pc-{number}",), "audit", "", 0.0) for number in range(4)]


@dataclass
class Told:
    """What a supervision said, in its order: hosts that answered, and codes of shards that ended."""

    said: list[str] = field(default_factory=list)

    def carry(self, assigned: Sequence[Assigned], unpackable: str = "") -> list[Ended]:
        def pack(one: Assigned) -> Order:
            if one.shard.shard == unpackable:
                raise EngineError("engine/spool", "the disk is full")
            return Order(b"", Spool(), "", 0)

        def judge(shard: Shard, end: Ended, _worker: str) -> tuple[Answer, ...]:
            self.said.append(f"{shard.shard} {end.code or end.state}")
            return ()

        supervision = Supervision(lambda: True, lambda answer: self.said.append(answer.host), self.said.append, judge)
        supervision.carry(assigned, pack)
        return supervision.ends


@dataclass
class Refusing(FakeEngine):
    code: str = ""
    asked: int = 0

    def submit(self, _shard: Shard, _order: Order, _listen: Listener) -> object:  # type: ignore[override]
        self.asked += 1
        raise EngineError(self.code, "not now", do="mend it")


@dataclass
class Slow(FakeEngine):
    """Its shards end together, once `at_once` are on their way; `most`: how many there were."""

    at_once: int = 0
    most: int = 0
    under_way: list[tuple[Shard, Listener]] = field(default_factory=list)

    def submit(self, shard: Shard, order: Order, listen: Listener) -> object:  # type: ignore[override]
        self.under_way.append((shard, listen))
        self.most = max(self.most, len(self.under_way))
        if len(self.under_way) == self.at_once or shard is SHARDS[-1]:
            self.end_all()
        return super().submit(shard, order, lambda _event: None)

    def end_all(self) -> None:
        for shard, listen in self.under_way:
            listen(Event(shard.shard, 1, 1, Answer(shard.hosts[0], "x", "ok", {})))
            listen(Event(shard.shard, 1, 2, DONE))
        self.under_way = []


def of(engine: FakeEngine, *numbers: int) -> list[Assigned]:
    return [Assigned(SHARDS[number], engine, "{}") for number in numbers or range(len(SHARDS))]


def test_an_engine_that_cannot_be_used_is_asked_once() -> None:
    dead, well = Refusing(code="engine/no-scheduler"), FakeEngine()
    ends = Told().carry([*of(dead, 0, 1), *of(well, 2), *of(dead, 3)])
    assert dead.asked == 1
    assert [end.code for end in ends if end.state == "failed"] == ["engine/no-scheduler"] * 3
    assert [shard.shard for shard, _order in well.sent] == ["s-2"]
    again = Told().carry(of(dead, 0))
    assert (dead.asked, len(again)) == (2, 1)


@pytest.mark.parametrize("code", ["engine/no-worker", "engine/same-attempt"])
def test_what_concerns_one_shard_says_nothing_of_the_next(code: str) -> None:
    engine = Refusing(code=code)
    Told().carry(of(engine))
    assert engine.asked == len(SHARDS)


def test_a_shard_that_cannot_be_packed_keeps_no_other_from_its_way() -> None:
    engine, told = FakeEngine(), Told()
    told.carry(of(engine), unpackable="s-1")
    assert [shard.shard for shard, _order in engine.sent] == ["s-0", "s-2", "s-3"]
    assert "s-1 engine/spool" in told.said


def test_what_shards_say_is_heard_before_the_next_is_sent() -> None:
    told = Told()
    told.carry([*of(FakeEngine(), 0), *of(Refusing(code="engine/no-scheduler"), 1)])
    assert told.said == ["pc-0", "s-0 done", "s-1 engine/no-scheduler"]


def test_no_more_shards_are_on_their_way_than_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (12, 12))
    engine = Slow(at_once=2)
    ends = Told().carry(of(engine))
    assert (engine.most, len(ends)) == (2, 4)
