"""A controller that is killed (kill -9) as soon as a host has come to a step, over real SSH.

The host ends what it is doing. A resume ends with the hosts and the store as an undisturbed run leaves them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smartfleet.lab.lab import Lab
from tests.integration.crashing import Undisturbed, go_on
from tests.integration.killing import Kill, reached
from tests.integration.office import Office

pytestmark = pytest.mark.once

EAST, WEST = "east", "west"
MARKS = (
    "transaction open",
    "check end",
    "prove-instance end",
    "stop-client begin",
    "backup end",
    "manifest begin",
    "copy-secrets end",
    "remove-cookies begin",
    "write-config end",
    "start-client begin",
    "prove end",
    "transaction done",
)
"""One for every step of a move, some as it begins and some as it ends."""


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), [EAST, WEST])
    yield made
    made.remove()


@pytest.fixture(scope="module")
def undisturbed(office: Office) -> Undisturbed:
    return Undisturbed.run(office)


@pytest.mark.parametrize("mark", MARKS)
def test_at_every_step_of_a_host(office: Office, undisturbed: Undisturbed, mark: str) -> None:
    """The resume is killed too, at one of its own first commits."""
    number = MARKS.index(mark)
    seat = office[EAST if number % 2 else WEST]
    office.reset()
    died = office.controller.run_until(reached(seat.marks, mark), *office.apply())
    assert died.killed, died.err
    kill = Kill(1 + number // 2, "after")
    again = office.controller.run("apply", "--resume", office.newest_run(), "--yes", kill=kill)
    assert again.killed, (mark, again.commits, again.err)
    done = go_on(office)
    assert done.code == 0, (mark, again.commits, done.err)
    undisturbed.require_same(office)


def test_every_step_is_met(undisturbed: Undisturbed) -> None:
    assert {mark.partition(" ")[0] for mark in MARKS} == undisturbed.steps
