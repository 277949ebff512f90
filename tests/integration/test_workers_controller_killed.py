"""A campaign over workers whose controller is killed: every account is moved once.

What a lost worker costs is shown in test_demo_with_workers.py.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks

from smartfleet.lab.lab import Lab
from smartfleet.lab.workers.losing import at_work, is_moving
from smartfleet.lab.workers.place import Place
from smartfleet.lab.workers.workers import Workers
from tests.integration.office import Office, known

pytestmark = pytest.mark.once

NAMES = tuple(f"lost{number}" for number in range(4))


@pytest.fixture(scope="module")
def office(lab: Lab, workers: Workers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("office"), NAMES, workers=workers)
    yield made
    for seat in made.seats.values():
        seat.host.remove()


@pytest.fixture
def places(lab: Lab, workers: Workers) -> list[Place]:
    return [Place(name, lab.layout.worker_home(name)) for name in workers.ports]


def moved_once(office: Office) -> None:
    for seat in office.seats.values():
        assert seat.moved
        states = [mark.state for path in seat.marks() for mark in Marks(str(path)).read() if mark.step == "transaction"]
        assert (states.count("open"), states.count("done")) == (1, 1), (seat.host.name, states)


def test_a_controller_that_is_killed_is_gone_on_with(lab: Lab, places: list[Place], office: Office) -> None:
    """While an account is moved at either site, by a worker behind ssh and by one of Dask's."""
    seats = list(office.seats.values())
    begin, seen = lab.call("time"), []
    running = office.controller.start(*office.apply())
    # hosts go to the two sites in turn
    while not all(any(is_moving(seat.host.root) for seat in seats[site::2]) for site in (0, 1)):
        assert running.poll() is None, "not seen at work at both sites"
        time.sleep(0.02)
    running.kill()
    assert office.controller.end(running).killed
    run = office.newest_run()
    going_on = office.controller.start("apply", "--resume", run, "--yes", "--until", "10m", "--every", "3s")
    while going_on.poll() is None:
        now = at_work(places, [seat.host for seat in seats])
        seen += [Counter(host.name for reached in now.values() for host in {one.name: one for one in reached}.values())]
        time.sleep(0.5)
    done = office.controller.end(going_on)
    assert done.code == 0, done.err
    assert all_moved_once(lab, office, begin) == run
    assert any(seen)
    assert all(count == 1 for counts in seen for count in counts.values())
    office.controller.wait_clean()
    end = known(office, run)
    assert (end["run"][1], end["locks"], end["whole"]) == ("done", [], True)
    assert {state for _host, _wave, state, *_rest in end["progress"]} == {"done"}
    with office.store() as store:
        assert store.lost(NAMES) == []


def all_moved_once(lab: Lab, office: Office, begin: float) -> str:
    """The run that did it."""
    moved_once(office)
    assert not [request for request in lab.requests(since=begin) if request.is_file_transfer]
    run = office.newest_run()
    with office.store() as store:
        assert {one.outcome for one in store.outcomes(run=run)} == {"moved"}
    return run
