"""What a killed run is compared with, and what an admin does after the crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks

from tests.integration.killing import Ended, Kill
from tests.integration.office import Office, known


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed: the store's view of it, the machines, and its commits."""

    words: tuple[str, ...]
    known: dict[str, Any]
    machines: dict[str, dict[str, Any]]
    commits: list[str]
    steps: set[str]

    @classmethod
    def run(cls, office: Office, *words: str) -> Undisturbed:
        office.reset()
        done = office.controller.run(*office.apply(*words), kill=Kill(0))
        assert done.code == 0, done.err
        office.controller.wait_clean()
        marks = [mark for seat in office.seats.values() for path in seat.marks() for mark in Marks(str(path)).read()]
        found = known(office, office.newest_run())
        return cls(words, found, machines(office), done.commits, {mark.step for mark in marks})

    def require_same(self, office: Office) -> None:
        """Nothing of the killed run stays, and everything is as after the undisturbed one."""
        office.controller.wait_clean()
        assert known(office, office.newest_run()) == self.known
        assert machines(office) == self.machines


def machines(office: Office) -> dict[str, dict[str, Any]]:
    return {name: seat.now() for name, seat in office.seats.items()}


def go_on(office: Office, *words: str) -> Ended:
    """Resume; or apply once more, where the run had not been written down yet."""
    run = office.newest_run()
    if run:
        done = office.controller.run("apply", "--resume", run, "--yes")
        if "campaign/nothing-begun" not in done.err:
            return done
    assert office.touched() == [], "something was done that no run knows of"
    return office.controller.run(*office.apply(*words))
