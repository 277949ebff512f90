"""A controller that is killed (kill -9) as soon as a host has come to a step, over real SSH.

The host ends what it is doing. A resume ends with the hosts and the store as an undisturbed run leaves them.

One machine is worked on after the other, so that two kills at a step fit into each run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

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
    set_forks(made, 1)
    yield made
    made.remove()


@pytest.fixture(scope="module")
def undisturbed(office: Office) -> Undisturbed:
    return Undisturbed.run(office)


def set_forks(office: Office, forks: int) -> None:
    """How many machines are worked on at once."""
    path = office.fleet / "smartfleet.yml"
    settings = yaml.safe_load(path.read_text())
    settings["ansible"] = {"forks": forks}
    path.write_text(yaml.safe_dump(settings))


def resume(office: Office) -> tuple[str, ...]:
    return ("apply", "--resume", office.newest_run(), "--yes")


def die_at_commit(office: Office, number: int) -> None:
    again = office.controller.run(*resume(office), kill=Kill(number, "after"))
    assert again.killed, (again.commits, again.err)


@pytest.mark.parametrize("pair", range(len(MARKS) // 2))
def test_at_every_step_of_a_host(office: Office, undisturbed: Undisturbed, pair: int) -> None:
    """The first resume is killed too, at one of its own first commits; the second when the other machine comes to its
    step."""
    first, second = MARKS[2 * pair : 2 * pair + 2]
    office.reset()
    died = office.controller.run_until(reached(office[EAST].marks, first), *office.apply())
    assert died.killed, died.err
    assert office.touched() == [EAST]
    die_at_commit(office, 1 + pair)
    died = office.controller.run_until(reached(office[WEST].marks, second), *resume(office))
    assert died.killed, died.err
    undisturbed.require_ended(office, go_on(office))


def test_while_two_hosts_are_at_work(office: Office, undisturbed: Undisturbed) -> None:
    office.reset()
    begun = [reached(seat.marks, "transaction open") for seat in office.seats.values()]
    set_forks(office, 2)
    try:
        died = office.controller.run_until(lambda: all(one() for one in begun), *office.apply())
    finally:
        set_forks(office, 1)
    assert died.killed, died.err
    undisturbed.require_ended(office, go_on(office))


def test_every_step_is_met(undisturbed: Undisturbed) -> None:
    assert {mark.partition(" ")[0] for mark in MARKS} == undisturbed.steps
