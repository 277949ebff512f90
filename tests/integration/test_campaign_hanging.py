"""Machines that hang, before their turn or in the middle of it: the others are moved, and the run comes to an end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from tests.integration.killing import Ended, reached
from tests.integration.office import Office, Seat

SLOW, WELL = "a-slow", "well"


@pytest.fixture(scope="module")
def furnished(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), [SLOW, WELL])
    yield made
    made.remove()


@pytest.fixture
def office(furnished: Office) -> Office:
    furnished.reset()
    return furnished


def outcomes(done: Ended) -> dict[str, tuple[str, str]]:
    """Outcome and code by host."""
    return {one["host"]: (one["outcome"], one["code"]) for one in done.document["outcomes"]}


@contextlib.contextmanager
def frozen(office: Office, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A run in which the slow machine's work on its move stands still, from its backup on and before its new
    configuration. Whoever looks too late on a busy machine begins anew.
    """
    for _ in range(10):
        running = office.controller.start(*office.apply(*words))
        pids = stopped(office[SLOW], running)
        try:
            if pids and not reached(office[SLOW].marks, "write-config begin")():
                yield running
                return
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        office.controller.end(running)
        office.reset()
    pytest.fail("the machine was too quick each time")


def stopped(seat: Seat, running: subprocess.Popen[str]) -> list[int]:
    """The processes of the machine's work, and those that they begin while it is being stopped."""
    at_work, found = reached(seat.marks, "backup end"), list[int]()
    while not at_work():
        assert running.poll() is None
        time.sleep(0.002)
    while new := [pid for pid in modules(seat.host) if pid not in found]:
        for pid in new:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        found += new
    return [pid for pid in found if stands_still(pid)]


def stands_still(pid: int) -> bool:
    """Who was told to stop does so in a moment; False of one that has ended."""
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state in {"T", "Z", "X"}:
            return state == "T"
        time.sleep(0.002)


def modules(host: LabHost) -> list[int]:
    """What Ansible runs on the machine now."""
    home = os.fsencode(f"HOME={host.root / 'home/admin'}")
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and home in process.joinpath("environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def test_a_machine_that_never_answers(office: Office) -> None:
    office[SLOW].host.set_listening(on=False, absence="hangs")
    done = office.controller.run(*office.apply("--format", "json"))
    assert done.code == 6, done.err
    assert outcomes(done) == {SLOW: ("waiting-online", "offline"), WELL: ("moved", "")}
    office.controller.wait_clean()
    office[SLOW].host.set_listening(on=True)
    again = office.controller.run("apply", "--retry", "unreachable", "--yes")
    assert again.code == 0, again.err
    assert office.moved() == [SLOW, WELL]


def test_a_machine_that_stands_still_holds_up_nobody_else(office: Office) -> None:
    with frozen(office, "--format", "json") as running:
        deadline = time.monotonic() + 300
        while office.newest_run() and office.outcomes(office.newest_run()) != {WELL: ("moved", "")}:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert not office[SLOW].moved
    done = office.controller.end(running)
    assert done.code == 0, done.err
    assert outcomes(done) == {SLOW: ("moved", ""), WELL: ("moved", "")}


def test_a_machine_that_stands_still_for_too_long_is_given_up(office: Office) -> None:
    """When it goes on, it ends what it was doing and a retry finds that done; or a time limit of its own has passed
    while it stood still, it takes back what it did, and the retry does it.
    """
    with frozen(office, "--host-timeout", "60s", "--format", "json") as running:
        done = office.controller.end(running)
        assert done.code == 3, done.err
        assert outcomes(done) == {SLOW: ("unknown", "host-timeout"), WELL: ("moved", "")}
        office.controller.wait_clean()
    again = office.controller.run("apply", "--retry", "failed", "--yes", "--format", "json")
    assert again.code == 0, again.err
    assert outcomes(again) in ({SLOW: ("already", "")}, {SLOW: ("moved", "")})
    assert office.moved() == [SLOW, WELL]
