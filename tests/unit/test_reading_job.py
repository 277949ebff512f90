"""One host's tasks in a thread: whatever goes wrong in it, it comes to an end that is told."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from smartfleet.reading.children import Children
from smartfleet.reading.connections import Connections
from smartfleet.reading.events import Events
from smartfleet.reading.job import Job, Limit, Shop
from smartfleet.reading.many import carry_out
from smartfleet.reading.masters import Masters
from smartfleet.reading.plays import Play
from smartfleet.reading.turn import OwnTime, Turn

OK = ("runner_on_ok", {"changed": False})
Work = Callable[[str, Shop], Any]


class Task:
    """What a job asks of Ansible's."""

    run_once = False
    action = resolved_action = "a.b.c"
    _parent = None

    def __init__(self, timeout: int = 0) -> None:
        self.timeout = timeout

    def copy(self, **_: bool) -> Task:
        return Task(self.timeout)


class World:
    """Hosts on which a task does what `work` says, and what was told of them."""

    def __init__(self, folder: Path, work: Work) -> None:
        self._end, self._pipe = os.pipe()
        core: Any = SimpleNamespace(
            loader=None,
            variables=SimpleNamespace(get_vars=lambda **_: {}),
            execute=lambda host, *_: work(host.name, self.shop),
        )
        self.shop: Shop = Shop(core, Events(self._pipe, 10_000), Turn(), Children(), Masters(folder))

    def play(self, *names: str, timeout: int = 0) -> Play:
        return Play(
            None, SimpleNamespace(context=None), [Task(timeout)], [SimpleNamespace(name=name) for name in names]
        )

    def job(self) -> tuple[Job, queue.SimpleQueue[Job]]:
        ended: queue.SimpleQueue[Job] = queue.SimpleQueue()
        play: Any = SimpleNamespace(play=None, context=None)
        return Job(self.shop, play, ["pc"], SimpleNamespace(name="pc"), [Task(60)], ended.put), ended

    def told(self) -> dict[str, tuple[str, str]]:
        """The event and its message, by host."""
        os.close(self._pipe)
        with os.fdopen(self._end, "rb") as out:
            events = [json.loads(line) for line in out]
        return {one["event_data"]["host"]: (one["event"], one["event_data"]["res"].get("msg", "")) for one in events}


@pytest.fixture
def within() -> Iterator[None]:
    """Nothing here takes long: a thread whose end is never told must not hold up the tests."""
    timer = threading.Timer(250, os._exit, [3])
    timer.start()
    yield
    timer.cancel()


@pytest.mark.usefixtures("within")
def test_a_plugin_that_ends_its_process_fails_its_host_alone(tmp_path: Path) -> None:
    def work(name: str, _shop: Shop) -> Any:
        return sys.exit(1) if name == "a" else OK

    world, out = World(tmp_path, work), dict[str, str]()
    assert carry_out(world.play("a", "b"), world.shop, 2, out)
    assert out == {"a": "failed"}
    assert world.told() == {"a": ("runner_on_failed", "SystemExit(1)"), "b": ("runner_on_ok", "")}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_end_is_told_even_if_a_master_cannot_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_connections: object) -> None:
        raise KeyError

    monkeypatch.setattr(Connections, "leave", fail)
    job, ended = World(tmp_path, lambda *_: OK).job()
    job.thread.start()
    assert ended.get(timeout=60) is job
    job.thread.join()


def test_a_task_that_has_just_ended_is_not_late(tmp_path: Path) -> None:
    job, _ = World(tmp_path, lambda *_: OK).job()
    assert not job.give_up_if_late()
    job.limit = Limit(Task(), 1, job._own.now() + 60)
    assert not job.give_up_if_late()
    job.limit = Limit(Task(), 1, job._own.now() - 1)
    assert job.give_up_if_late()
    assert job.state == "failed"


@pytest.mark.usefixtures("within")
def test_no_more_jobs_are_made_than_are_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [0]

    class Counted(Job):
        def __post_init__(self) -> None:
            made[0] += 1
            super().__post_init__()

    monkeypatch.setattr("smartfleet.reading.many.Job", Counted)
    ahead: list[int] = []
    done = [0]

    def work(_name: str, _shop: Shop) -> Any:
        ahead.append(made[0] - done[0])
        done[0] += 1
        return OK

    world = World(tmp_path, work)
    assert carry_out(world.play(*(f"pc{number}" for number in range(40))), world.shop, 4, {})
    assert (made[0], done[0]) == (40, 40)
    assert max(ahead) <= 4
    assert len(world.told()) == 40


@pytest.mark.usefixtures("within")
def test_who_waits_for_its_turn_loses_no_time(tmp_path: Path) -> None:
    """One host's answer takes longer to take apart than any host has."""
    others = threading.Barrier(3)

    def work(name: str, shop: Shop) -> Any:
        with shop.turn.lent():
            others.wait()
            if name != "huge":
                # its answer comes when the huge one is there
                time.sleep(0.2)
        if name == "huge":
            time.sleep(2.3)
        return OK

    world, out = World(tmp_path, work), dict[str, str]()
    assert carry_out(world.play("huge", "a", "b", timeout=2), world.shop, 3, out)
    assert out == {"huge": "failed"}


def test_a_clock_stands_still_while_its_thread_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("smartfleet.reading.turn.time", SimpleNamespace(monotonic=lambda: clock[0]))
    own = OwnTime()
    before = own.now()
    with own.standing():
        clock[0] += 5
        assert own.now() == before
    assert own.now() == before
    clock[0] += 3
    assert own.now() == before + 3
