"""Two runs that want the same machine: the store's lock, and the machine's own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.lab.lab import Lab
from smartfleet.store.lease import LEASE, Owner
from tests.integration.office import Office

pytestmark = pytest.mark.once

EAST, WEST = "east", "west"


@pytest.fixture(scope="module")
def furnished(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), [EAST, WEST])
    yield made
    made.remove()


@pytest.fixture
def office(furnished: Office) -> Office:
    furnished.reset()
    return furnished


@contextmanager
def another_run(office: Office, *hosts: str) -> Iterator[str]:
    """A run that this process drives, and that works on the hosts."""
    with office.store() as store:
        owner = Owner.mine()
        run = store.begin("apply", len(hosts))
        store.drive(run, owner)
        assert store.lock(run, hosts, LEASE, owner) == {}
        yield run
        store.finish(run, "done")


def test_a_machine_of_another_run_is_left_alone(office: Office) -> None:
    with another_run(office, EAST) as other:
        done = office.controller.run(*office.apply("--format", "json"))
        assert done.code == 3, done.err
        found = {one["host"]: one for one in done.document["outcomes"]}
        assert (found[EAST]["outcome"], found[EAST]["code"]) == ("refused", "host-locked")
        assert other in found[EAST]["message"]
        assert f"smartfleet unlock {EAST}" in found[EAST]["do"]
        assert (office.touched(), office.moved()) == ([WEST], [WEST])
        with office.store() as store:
            assert [(lock.host, lock.run) for lock in store.locks()] == [(EAST, other)]
    assert office.controller.run(*office.apply()).code == 0
    assert office.moved() == [EAST, WEST]


def test_the_queue_waits_for_the_other_run(office: Office) -> None:
    with another_run(office, EAST):
        running = office.controller.start(*office.apply("--until", "5m", "--every", "2s"))
        deadline = time.monotonic() + 300
        while office.moved() != [WEST]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
    done = office.controller.end(running)
    assert done.code == 0, done.err
    assert office.moved() == [EAST, WEST]


def test_two_runs_at_the_same_moment_move_every_machine_once(office: Office) -> None:
    running = [office.controller.start(*office.apply("--format", "json")) for _ in range(2)]
    ended = [office.controller.end(process) for process in running]
    assert {done.code for done in ended} <= {0, 3}, [done.err for done in ended]
    assert office.moved() == [EAST, WEST]
    words = [sorted((one["outcome"], one["code"]) for one in done.document["outcomes"]) for done in ended]
    for host in range(2):
        assert ("moved", "") in (words[0][host], words[1][host])
    assert {word for found in words for word in found} <= {("moved", ""), ("already", ""), ("refused", "host-locked")}
    for seat in office.seats.values():
        assert len(seat.marks()) == 1
    with office.store() as store:
        assert store.locks() == []
        assert store.check_trail().ok
    office.controller.wait_clean()


def test_a_run_that_somebody_drives_is_not_resumed(office: Office) -> None:
    running = office.controller.start(*office.apply("--canary", EAST, "--pause", "60s"))
    deadline = time.monotonic() + 300
    while office.moved() != [EAST]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    refused = office.controller.run("apply", "--resume", office.newest_run(), "--yes")
    running.kill()
    assert office.controller.end(running).killed
    assert (refused.code, "store/run-alive" in refused.err) == (1, True), refused.err
    assert office.moved() == [EAST]
    # its driver is dead, so nobody waits for its lease
    resumed = office.controller.run("apply", "--resume", office.newest_run(), "--yes")
    assert resumed.code == 0, resumed.err
    assert office.moved() == [EAST, WEST]


def test_a_machine_that_another_controller_has_reserved(office: Office) -> None:
    """The other controller has a store of its own; what both see is the machine."""
    with host_lock(str(office[EAST].host.root), "their-run") as lock:
        lock.reserve(600)
    done = office.controller.run(*office.apply("--format", "json"))
    found = {one["host"]: one for one in done.document["outcomes"]}
    assert (found[EAST]["outcome"], found[EAST]["code"]) == ("refused", "lock-held")
    assert "their-run" in found[EAST]["message"]
    assert office.moved() == [WEST]

    unlocked = office.controller.run("unlock", EAST, "--yes")
    assert unlocked.code == 0, unlocked.err
    assert office.controller.run(*office.apply()).code == 0
    assert office.moved() == [EAST, WEST]


def test_unlocking_a_machine_of_a_run_that_goes_on_takes_force(office: Office) -> None:
    with another_run(office, EAST) as other:
        refused = office.controller.run("unlock", EAST, "--yes")
        assert refused.code == 2, refused.err
        assert other in refused.err
        with office.store() as store:
            assert [lock.host for lock in store.locks()] == [EAST]
        forced = office.controller.run("unlock", EAST, "--yes", "--force")
        assert forced.code == 0, forced.err
        with office.store() as store:
            assert store.locks() == []
            assert [entry.hosts for entry in store.trail() if entry.event == "unlocked"] == [[EAST]]


def test_the_lock_of_a_dead_run_is_taken_with_a_question(office: Office) -> None:
    """Its controller was killed; its lease would run for a while yet."""
    with office.store() as store:
        run = store.begin("apply", 1)
        gone = Owner(Owner.mine().host, 2**22 + os.getpid(), Owner.mine().started)
        store.drive(run, gone)
        store.lock(run, [EAST], LEASE, gone)
    unlocked = office.controller.run("unlock", EAST, "--yes")
    assert unlocked.code == 0, unlocked.err
    assert office.controller.run(*office.apply()).code == 0
    assert office.moved() == [EAST, WEST]
