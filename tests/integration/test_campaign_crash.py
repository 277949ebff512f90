"""A controller that is killed (kill -9) at any commit of its store, over real SSH.

Whatever was done by then: a resume ends with the hosts and the store as an undisturbed run leaves them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from smartfleet.lab.lab import Lab
from tests.integration.crashing import Undisturbed, go_on
from tests.integration.killing import Kill
from tests.integration.office import Office

pytestmark = pytest.mark.once

EAST, WEST = "east", "west"
PARTS = 8
BETWEEN_WAVES = (
    Kill(2, "before", "update waves"),
    Kill(1, "before", "insert verdicts"),
    Kill(3, "before", "update waves"),
    Kill(4, "after", "update waves"),
    Kill(2, "after", "delete host_locks, insert host_locks"),
    Kill(2, "before", "insert outcomes"),
)
"""From the end of the canary to the second wave; within a wave the other test kills everywhere. Before the second and
the third of the waves' updates is after the release of the hosts and after the verdicts, which come right before."""


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), [EAST, WEST])
    yield made
    made.remove()


@pytest.fixture(scope="module")
def one_wave(office: Office) -> Undisturbed:
    return Undisturbed.run(office)


@pytest.fixture(scope="module")
def two_waves(office: Office) -> Undisturbed:
    """The canary is verified before the other machine is begun."""
    return Undisturbed.run(office, "--canary", EAST)


@pytest.mark.parametrize("part", range(PARTS))
def test_at_every_commit_of_a_wave(office: Office, one_wave: Undisturbed, part: int) -> None:
    """Before each, so that what was done since the one before is lost. How many there are depends on the machines:
    should a run have more than the undisturbed one, the first part goes on to its end."""
    last = len(one_wave.commits)
    assert last > 10
    further = itertools.count(last + 1) if part == 0 else ()
    for number in itertools.chain(range(1 + part, last + 1, PARTS), further):
        kill = Kill(number, "before")
        office.reset()
        died = office.controller.run(*office.apply(), kill=kill)
        done = go_on(office) if died.killed else died
        assert done.code == 0, (kill, died.commits, done.err)
        one_wave.require_same(office)
        if not died.killed:
            return


@pytest.mark.parametrize("kill", BETWEEN_WAVES, ids=lambda kill: f"{kill.when} {kill.what} {kill.number}")
def test_between_two_waves(office: Office, two_waves: Undisturbed, kill: Kill) -> None:
    office.reset()
    died = office.controller.run(*office.apply(*two_waves.words), kill=kill)
    assert died.killed, (died.commits, died.err)
    done = go_on(office, *two_waves.words)
    assert done.code == 0, (died.commits, done.err)
    two_waves.require_same(office)
