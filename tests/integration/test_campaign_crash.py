"""A controller that is killed (kill -9) at any commit of its store, over real SSH.

Whatever was done by then: a resume goes on, and is killed in its turn. The last one ends with the hosts and the store
as an undisturbed run leaves them. That the first resume after any of them does is shown in test_controller_killed.py,
with made-up hosts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smartfleet.lab.lab import Lab
from tests.integration.crashing import Undisturbed, go_on
from tests.integration.killing import Kill
from tests.integration.office import Office

pytestmark = pytest.mark.once

EAST, WEST = "east", "west"
CHAINS = 2
BETWEEN_WAVES = (
    (Kill(2, "before", "update waves"), ["running", "pending"], 0),
    (Kill(1, "before", "insert verdicts"), ["soaking", "pending"], 0),
    (Kill(1, "before", "update waves", "insert verdicts"), ["soaking", "pending"], 1),
    (Kill(2, "after", "update waves", "insert verdicts"), ["done", "running"], 1),
    (Kill(1, "after", "delete host_locks, insert host_locks"), ["done", "running"], 1),
    (Kill(1, "before", "insert outcomes"), ["done", "running"], 1),
)
"""From the end of the canary to the second wave, with the states of both and the number of verdicts that are stored
then; within a wave the other test kills everywhere. The first is after the release of the hosts, and the third right
after the verdicts."""


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


@pytest.mark.parametrize("chain", range(CHAINS))
def test_at_every_commit_of_a_wave(office: Office, one_wave: Undisturbed, chain: int) -> None:
    """Before each, so that what was done since the one before is lost: each process of a chain comes two further."""
    kills = one_wave.kills()
    assert len(kills) > 10
    one_wave.die_at(office, kills[chain::CHAINS])


def test_between_two_waves(office: Office, two_waves: Undisturbed) -> None:
    """Each process goes on where the one before was killed."""
    office.reset()
    for kill, waves, verdicts in BETWEEN_WAVES:
        died = go_on(office, *two_waves.words, kill=kill)
        assert died.killed, (kill, died.commits, died.err)
        with office.store() as store:
            run = office.newest_run()
            assert [wave.state for wave in store.waves(run)] == waves, kill
            assert len(store.verdicts(run=run)) == verdicts, kill
    two_waves.require_ended(office, go_on(office, *two_waves.words))
