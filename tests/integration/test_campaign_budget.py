"""A run that stops before too much breaks: over real SSH, to machines on which a move really fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from smartfleet.lab.lab import Lab
from tests.integration.office import Office

pytestmark = pytest.mark.once

NAMES = ("pc-1", "pc-2", "pc-3", "pc-4")


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
    """Every machine as it was; one machine after the other is worked on."""
    furnished.reset()
    return furnished


def run_state(office: Office, run: str) -> str:
    with office.store() as store:
        found = store.run(run)
        assert found
        return found.state


def test_a_canary_that_fails_is_the_last_machine(office: Office) -> None:
    office["pc-1"].break_down()
    stopped = office.controller.run(*office.apply("--canary", "pc-1", "--max-failed", "0"))
    assert stopped.code == 4, stopped.err
    run = office.newest_run()
    assert run_state(office, run) == "stopped"
    assert office.touched() == []
    assert office.outcomes(run) == {"pc-1": ("failed", "state-failed")}
    with office.store() as store:
        assert [(row.host, row.state) for row in store.progress(run)] == [
            ("pc-1", "done"),
            ("pc-2", "pending"),
            ("pc-3", "pending"),
            ("pc-4", "pending"),
        ]
        assert store.locks() == []
    office.controller.wait_clean()

    office["pc-1"].state.unlink()
    again = office.controller.run("apply", "--retry", "failed", "--yes")
    assert again.code == 0, again.err
    assert office.moved() == ["pc-1"]
    going_on = office.controller.run("apply", "--resume", run, "--yes")
    assert office.moved() == list(NAMES), going_on.err


def test_within_a_wave_machines_that_run_finish_and_no_other_begins(office: Office) -> None:
    office["pc-2"].break_down()
    stopped = office.controller.run(*office.apply("--max-failed", "0"))
    assert stopped.code == 4, stopped.err
    moved = office.moved()
    assert "pc-1" in moved
    # the machine that followed may have been on its way already
    assert "pc-4" not in office.touched()
    assert [name for name in office.touched() if name != "pc-2"] == moved
    office.controller.wait_clean()


def test_a_failure_at_the_very_end_stops_nothing(office: Office) -> None:
    office["pc-4"].break_down()
    ended = office.controller.run(*office.apply("--canary", "pc-1,pc-2,pc-3", "--max-failed", "0"))
    assert ended.code == 3, ended.err
    assert run_state(office, office.newest_run()) == "done"
    assert office.moved() == ["pc-1", "pc-2", "pc-3"]


def test_machines_that_cannot_be_reached_have_a_budget_of_their_own(office: Office) -> None:
    office["pc-1"].host.set_listening(on=False)
    stopped = office.controller.run(*office.apply("--canary", "pc-1,pc-2", "--max-unreachable", "0"))
    assert stopped.code == 4, stopped.err
    run = office.newest_run()
    assert office.outcomes(run)["pc-1"] == ("waiting-online", "offline")
    assert office.touched() == office.moved()
    assert not {"pc-3", "pc-4"} & set(office.touched())


def test_what_is_tolerated_stops_nothing(office: Office) -> None:
    office["pc-1"].break_down()
    ended = office.controller.run(*office.apply("--canary", "pc-1", "--max-failed", "25%"))
    assert ended.code == 3, ended.err
    assert office.moved() == ["pc-2", "pc-3", "pc-4"]
