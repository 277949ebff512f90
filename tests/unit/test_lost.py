"""A host whose worker was lost: never begun again before it told that nobody works there."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from smartfleet.campaign.dispatch import ShardTrouble
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.purge import purge
from smartfleet.campaign.rollback import rollback
from smartfleet.campaign.runner import Controls, Run
from smartfleet.cli.standing import standing
from smartfleet.engines.answers import PROBE, SHARD, Answer, RunAnswers, gather
from smartfleet.errors import EngineError
from smartfleet.model.events import ShardTroubled, Waiting
from smartfleet.model.shards import ShardRecord
from smartfleet.report.terminal.overview import status
from smartfleet.store.shards import ShardEnd
from tests.unit.builders import CONFIG_PATH
from tests.unit.campaign_world import Hosts, Killed, World, facts_for, outcomes

GRACE = 75.0
MOVED = Moved("eva", CONFIG_PATH)


@dataclass
class Losing(Hosts):
    """Hosts of one shard whose worker is lost, `times` times, after those `ended` told their end.

    `audited` and `locked` answer when they are asked: "ok", "offline", "refused" (the whole shard); locks by host.
    """

    world: World = field(init=False)
    times: int = 1
    ended: frozenset[str] = frozenset()
    audited: str = "ok"
    locks: Mapping[str, str] = field(default_factory=dict)
    dies: bool = False
    done: list[str] = field(default_factory=list)

    def __call__(self, run: Run, controls: Controls) -> RunAnswers:
        verb = run.playbook.stem
        self.done.append(f"{verb} {' '.join(run.hosts)}")
        if verb == "audit":
            return self._audit(run)
        if verb == "unlock":
            assert run.check
            said = {host: {"state": self.locks.get(host, "free")} for host in run.hosts}
            told = [Answer(host, "smartde.nextcloud.host_unlock", "ok", {"lock": lock}) for host, lock in said.items()]
            return self._gathered(run, told)
        if self.times > 0:
            self.times -= 1
            return self._lose(run, controls)
        if verb == "apply":
            return super().__call__(run, controls)
        return self._gathered(run, [])

    def _audit(self, run: Run) -> RunAnswers:
        if self.audited == "refused":
            raise EngineError("engine/no-scheduler", "the scheduler does not answer")
        if self.audited == "offline":
            return self._gathered(run, [Answer(host, PROBE, "unreachable", {"msg": "no route"}) for host in run.hosts])
        facts = {"facts": facts_for({}).model_dump(mode="json")}
        return self._gathered(run, [Answer(host, "smartde.nextcloud.client_facts", "ok", facts) for host in run.hosts])

    def _lose(self, run: Run, controls: Controls) -> RunAnswers:
        store = self.world.store
        playbook, hosts = run.playbook.stem, list(run.hosts)
        wanted = ShardRecord(run=run.name, shard="b-0", engine="b", playbook=playbook, hosts=hosts, grace=GRACE)
        [record] = store.begin_shards([wanted])
        self.orders.append(run.orders or {})
        told: list[Answer] = []
        for host in hosts:
            if host in self.ended:
                told += self._answers(host, "moved")
        for answer in told:
            controls.progress(answer)
        if self.dies:
            raise Killed
        store.end_shard(ShardEnd(run.name, "b-0", record.attempt, "lost", "worker/lost", "w1", hosts, GRACE))
        controls.troubled(ShardTrouble(record.model_copy(update={"state": "lost", "worker": "w1"}), "lost", "wait"))
        said = {"code": "shard-lost", "msg": "the worker was lost", "do": "wait"}
        synthetic = [Answer(host, SHARD, "unreachable", said) for host in hosts]
        for answer in synthetic:
            controls.progress(answer)
        return RunAnswers(gather(hosts, [*told, *synthetic]), interrupted=False, rc=1)


def world(folder: Path, names: Iterable[str] = ("a", "b"), **how: Any) -> tuple[World, Losing]:
    hosts = Losing(**how)
    made = World(folder, list(names), hosts=hosts)
    hosts.world = made
    return made, hosts


ANY_BUDGET = {"campaign": {"budget": {"failed": {"all": 0}}}}


def test_lost_hosts_are_waited_for_then_asked_then_tried_once_more(tmp_path: Path) -> None:
    made, hosts = world(tmp_path)
    done = made.apply(ANY_BUDGET)
    assert outcomes(done) == {"a": "moved", "b": "moved"}
    assert hosts.done == ["apply a b", "audit a b", "unlock a b", "apply a b"]
    [waited] = [event for event in made.events if isinstance(event, Waiting)]
    assert (waited.reason, waited.hosts) == ("lost", 2)
    assert waited.until - waited.time == pytest.approx(GRACE, abs=5)
    assert [event.state for event in made.events if isinstance(event, ShardTroubled)] == ["lost"]
    assert made.store.lost() == []
    assert "looked-at-lost" in [line.event for line in made.store.trail()]


def test_hosts_that_told_their_end_before_are_left_alone(tmp_path: Path) -> None:
    made, hosts = world(tmp_path, ended=frozenset({"a"}))
    assert outcomes(made.apply()) == {"a": "moved", "b": "moved"}
    assert hosts.done == ["apply a b", "audit b", "unlock b", "apply b"]
    assert made.store.lost() == []


@pytest.mark.parametrize(
    ("how", "asked"),
    [
        ({"audited": "offline"}, ["audit a b"]),
        ({"audited": "refused"}, ["audit a b"]),
        ({"locks": {"a": "working", "b": "working"}}, ["audit a b", "unlock a b"]),
    ],
    ids=["no-answer", "no-worker", "still-at-work"],
)
def test_a_host_that_does_not_say_it_is_free_is_begun_by_nobody(
    tmp_path: Path, how: dict[str, Any], asked: list[str]
) -> None:
    made, hosts = world(tmp_path, **how)
    done = made.apply()
    assert {(one.outcome, one.code) for one in done.outcomes} == {("unknown", "shard-lost")}
    assert hosts.done == ["apply a b", *asked]
    assert made.states(done.run) == {"a": "waiting", "b": "waiting"}
    assert [one.host for one in made.store.lost()] == ["a", "b"]
    # nor by a later try, nor by another run
    for resumed in (False, True):
        hosts.done.clear()
        made.resume(done.run) if resumed else made.apply()
        assert not [verb for verb in hosts.done if verb.startswith("apply")]
    hosts.audited, hosts.locks = "ok", {}
    assert outcomes(made.apply()) == {"a": "moved", "b": "moved"}
    assert made.store.lost() == []


def test_some_are_free_and_some_are_not(tmp_path: Path) -> None:
    made, hosts = world(tmp_path, locks={"a": "working"})
    assert outcomes(made.apply()) == {"a": "unknown", "b": "moved"}
    assert hosts.done[-1] == "apply b"
    assert [one.host for one in made.store.lost()] == ["a"]
    told = standing(made.campaign().fleet, made.store, made.campaign().hosts(None), {})
    assert [(one.host, one.engine, one.worker) for one in told.lost] == [("a", "b", "w1")]
    console = Console(file=io.StringIO(), width=300)
    console.print(status(told))
    assert "1 host since" in console.file.getvalue()  # type: ignore[attr-defined]  # of a StringIO


def test_what_is_lost_twice_waits_for_the_queue(tmp_path: Path) -> None:
    made, hosts = world(tmp_path, names=["a"], times=2)
    done = made.apply({"until": made.clock.now() + 86_400.0, "every": 600.0})
    assert outcomes(done) == {"a": "moved"}
    assert hosts.done == ["apply a", "audit a", "unlock a", "apply a", "audit a", "unlock a", "apply a"]


def test_a_reservation_that_is_left_is_for_the_host_to_judge(tmp_path: Path) -> None:
    """The worker has ended by then: the same run goes on with it, and another one is told who has it."""
    made, _ = world(tmp_path, names=["a"], locks={"a": "removed"})
    assert outcomes(made.apply()) == {"a": "moved"}


def test_a_run_whose_controller_died_asks_before_it_goes_on(tmp_path: Path) -> None:
    made, hosts = world(tmp_path, ended=frozenset({"a"}), dies=True)
    with pytest.raises(Killed):
        made.apply()
    [run] = [run.run for run in made.store.runs() if run.verb == "apply"]
    hosts.dies = False
    made.revived()
    assert outcomes(made.resume(run)) == {"a": "moved", "b": "moved"}
    assert [record.state for record in made.store.shards(run)] == ["lost"]
    assert hosts.done[1:3] in (["audit a b", "unlock a b"], ["audit b", "unlock b"])
    assert made.store.lost() == []


def test_a_rollback_leaves_alone_what_a_worker_may_still_move(tmp_path: Path) -> None:
    made, hosts = world(tmp_path, locks={"a": "working"})
    made.apply()
    hosts.done.clear()
    done = rollback(made.campaign(), {"a": [MOVED]})
    assert [(one.outcome, one.code) for one in done.outcomes] == [("unknown", "shard-lost")]
    assert hosts.done == ["audit a", "unlock a"]


@pytest.mark.parametrize("verb", [rollback, purge], ids=["rollback", "purge"])
def test_a_lost_rollback_or_purge_is_unknown_and_asked_before_the_next(tmp_path: Path, verb: object) -> None:
    made, hosts = world(tmp_path)
    act = rollback if verb is rollback else purge
    done = act(made.campaign(), {"a": [MOVED]})
    assert [(one.outcome, one.code) for one in done.outcomes] == [("unknown", "shard-lost")]
    assert [one.host for one in made.store.lost()] == ["a"]
    hosts.done.clear()
    act(made.campaign(), {"a": [MOVED]})
    assert hosts.done[:2] == ["audit a", "unlock a"]
    assert made.store.lost() == []
