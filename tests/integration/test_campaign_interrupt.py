"""Ctrl-C, once and twice, and machines that hang: nobody else is held up, and no process stays behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
import yaml

from smartfleet.lab.lab import Lab
from tests.integration.killing import reached
from tests.integration.office import Office

pytestmark = pytest.mark.once

NAMES = ("pc-1", "pc-2", "pc-3")


@pytest.fixture(scope="module")
def furnished(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), NAMES)
    settings = yaml.safe_load((made.fleet / "smartfleet.yml").read_text())
    settings["ansible"] = {"forks": 1}
    (made.fleet / "smartfleet.yml").write_text(yaml.safe_dump(settings))
    yield made
    made.remove()


@pytest.fixture
def office(furnished: Office) -> Office:
    """One machine after the other is worked on."""
    furnished.reset()
    return furnished


def wait_for_mark(office: Office, name: str, mark: str) -> None:
    found = reached(office[name].marks, mark)
    deadline = time.monotonic() + 300
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(office: Office) -> str:
    with office.store() as store:
        found = store.run(office.newest_run())
        assert found
        assert store.locks() == []
        return found.state


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "term"])
def test_once_lets_running_machines_finish(office: Office, number: signal.Signals) -> None:
    running = office.controller.start(*office.apply())
    wait_for_mark(office, "pc-1", "backup end")
    os.kill(running.pid, number)
    done = office.controller.end(running)
    assert done.code == 130, done.err
    assert f"smartfleet apply --resume {office.newest_run()}" in done.err
    assert state(office) == "interrupted"
    office.controller.wait_clean()
    if number == signal.SIGINT:
        assert "pc-1" in office.moved()
        assert office.touched() == office.moved()
    assert "pc-3" not in office.touched()

    resumed = office.controller.run("apply", "--resume", office.newest_run(), "--yes")
    assert resumed.code == 0, resumed.err
    assert office.moved() == list(NAMES)
    assert set(office.outcomes(office.newest_run()).values()) == {("moved", "")}
    assert state(office) == "done"


def test_twice_cancels_and_leaves_no_process(office: Office) -> None:
    running = office.controller.start(*office.apply())
    wait_for_mark(office, "pc-1", "stop-client begin")
    os.kill(running.pid, signal.SIGINT)
    time.sleep(0.3)
    os.kill(running.pid, signal.SIGINT)
    done = office.controller.end(running)
    assert done.code == 130, done.err
    office.controller.wait_clean()
    assert state(office) == "interrupted"
    resumed = office.controller.run("apply", "--resume", office.newest_run(), "--yes")
    assert resumed.code == 0, resumed.err
    assert office.moved() == list(NAMES)
    assert set(office.outcomes(office.newest_run()).values()) == {("moved", "")}


def test_between_two_waves_once_is_enough(office: Office) -> None:
    running = office.controller.start(*office.apply("--canary", "pc-1", "--pause", "5m"))
    wait_for_mark(office, "pc-1", "transaction done")
    # the canary is looked at again, then the pause begins
    deadline = time.monotonic() + 300
    while not settled(office):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(running.pid, signal.SIGINT)
    begin = time.monotonic()
    done = office.controller.end(running)
    assert done.code == 130, done.err
    assert time.monotonic() - begin < 120
    assert office.moved() == ["pc-1"]
    office.controller.wait_clean()


def settled(office: Office) -> bool:
    """Whether the canary's wave is through."""
    with office.store() as store:
        return [wave.state for wave in store.waves(office.newest_run())][:1] == ["done"]
