"""Machines that are off and users who are away: tried again until they are there, also by another process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from smartfleet.lab.lab import Lab
from smartfleet.model.events import EVENT, Event, HostDone, Waiting, WaveEnded
from tests.integration.office import Office

pytestmark = pytest.mark.once

OFF, AWAY, THERE = "laptop", "desk", "counter"


@pytest.fixture(scope="module")
def furnished(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), [OFF, AWAY, THERE])
    yield made
    made.remove()


@pytest.fixture
def office(furnished: Office) -> Office:
    """One machine is off, one user is not logged on, one is there."""
    furnished.reset()
    furnished[OFF].host.set_listening(on=False)
    furnished[AWAY].user.log_off()
    return furnished


def come_back(office: Office) -> None:
    office[OFF].host.set_listening(on=True)
    office[AWAY].user.log_on()
    office[AWAY].user.start_client()


def events_until(process: subprocess.Popen[str], reached: Callable[[Event], bool]) -> list[Event]:
    """What the run tells until then."""
    found: list[Event] = []
    for line in process.stdout or ():
        found.append(EVENT.validate_json(line))
        if reached(found[-1]):
            return found
    raise AssertionError(process.stderr.read() if process.stderr else "")


def through(event: Event) -> bool:
    """Every machine has had its turn once; from now on those that wait are tried again."""
    return isinstance(event, WaveEnded)


def rests(event: Event) -> bool:
    return isinstance(event, Waiting) and event.reason == "queue"


def test_a_run_waits_for_machines_and_users(office: Office) -> None:
    running = office.controller.start(*office.apply("--until", "5m", "--every", "2s", "--format", "jsonl"))
    events = events_until(running, through)
    assert {event.host: event.outcomes[0].outcome for event in events if isinstance(event, HostDone)} == {
        OFF: "waiting-online",
        AWAY: "waiting-session",
        THERE: "moved",
    }
    assert office.moved() == [THERE]
    come_back(office)
    done = office.controller.end(running)
    assert done.code == 0, done.err
    assert office.moved() == [OFF, AWAY, THERE]
    run = office.newest_run()
    assert set(office.outcomes(run).values()) == {("moved", "")}
    with office.store() as store:
        found = store.run(run)
        assert found
        assert found.state == "done"
        assert [row.attempts for row in store.progress(run) if row.host == THERE] == [1]
    office.controller.wait_clean()


def test_the_queue_survives_its_controller(office: Office) -> None:
    running = office.controller.start(*office.apply("--until", "5m", "--every", "1s", "--format", "jsonl"))
    events_until(running, through)
    running.kill()
    assert office.controller.end(running).killed
    office.controller.wait_clean()
    listed = json.loads(office.controller.run("queue", "--format", "json").out)
    assert sorted(host["host"] for run in listed["runs"] for host in run["hosts"]) == sorted([OFF, AWAY])

    come_back(office)
    run = office.newest_run()
    for _ in range(10):
        done = office.controller.run("queue", "run")
        if done.code == 0 and office.moved() == [OFF, AWAY, THERE]:
            break
    assert office.moved() == [OFF, AWAY, THERE], done.err
    assert (office.newest_run(), set(office.outcomes(run).values())) == (run, {("moved", "")})
    assert json.loads(office.controller.run("queue", "--format", "json").out)["runs"] == []


def test_a_run_that_was_killed_in_its_queue_can_be_resumed(office: Office) -> None:
    running = office.controller.start(*office.apply("--until", "5m", "--every", "1s", "--format", "jsonl"))
    events_until(running, through)
    running.kill()
    office.controller.end(running)
    come_back(office)
    done = office.controller.run("apply", "--resume", office.newest_run(), "--yes")
    assert done.code == 0, done.err
    assert office.moved() == [OFF, AWAY, THERE]


def test_only_waiting_machines_are_tried_again(office: Office) -> None:
    first = office.controller.run(*office.apply())
    assert first.code == 6, first.err
    come_back(office)
    again = office.controller.run("apply", "--retry", "waiting", "--yes", "--format", "json")
    assert again.code == 0, again.err
    assert {one["host"]: one["outcome"] for one in again.document["outcomes"]} == {OFF: "moved", AWAY: "moved"}
    with office.store() as store:
        assert [row.host for row in store.progress(again.document["run"])] == [AWAY, OFF]
        found = store.run(again.document["run"])
        assert found
        assert found.parent
    assert office.moved() == [OFF, AWAY, THERE]


def test_only_unreachable_machines_are_tried_again(office: Office) -> None:
    assert office.controller.run(*office.apply()).code == 6
    come_back(office)
    again = office.controller.run("apply", "--retry", "unreachable", "--yes", "--format", "json")
    assert {one["host"]: one["outcome"] for one in again.document["outcomes"]} == {OFF: "moved"}
    assert office.moved() == [OFF, THERE]


def test_the_time_runs_out(office: Office) -> None:
    done = office.controller.run(*office.apply("--until", "8s", "--every", "2s"))
    assert done.code == 6, done.err
    assert office.moved() == [THERE]
    office.controller.wait_clean()


def test_ctrl_c_while_it_waits_ends_it_at_once(office: Office) -> None:
    running = office.controller.start(*office.apply("--until", "5m", "--every", "4m", "--format", "jsonl"))
    events_until(running, rests)
    os.kill(running.pid, signal.SIGINT)
    done = office.controller.end(running)
    assert done.code == 130, done.err
    assert f"smartfleet apply --resume {office.newest_run()}" in done.err
    office.controller.wait_clean()
