"""What a killed run is compared with, and what an admin does after the crash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.smartde.nextcloud.plugins.module_utils.marks import Marks

from tests.integration.killing import Ended, Kill
from tests.integration.office import Office, known

FLOATING = {"update shards": "insert shards"}
"""What is written whenever Ansible ends, between any two others, and after which at the earliest."""


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

    def kills(self) -> list[Kill]:
        """Right before each of its commits. A resume makes the rest of them after some of its own, so that one is known
        by what it writes and by the one before it, and not by its number."""
        found, last = [], ""
        for place, what in enumerate(self.commits):
            since = FLOATING.get(what, last)
            start = self.commits.index(since) + 1 if since else 0
            found.append(Kill(self.commits[start : place + 1].count(what), "before", what, since))
            last = last if what in FLOATING else what
        return found

    def die_at(self, office: Office, kills: Iterable[Kill]) -> None:
        """One command after the other goes on from where the one before was killed, until it is killed too.

        Where none comes to such a commit again, for what was done needs none, the run ends, and an `apply` of its own
        is killed there.
        """
        office.reset()
        for kill in kills:
            met = self._dies(office, kill) or self._dies(office, kill)
            # a further one of a kind is made only where machines do not answer together
            assert met or kill.number > 1, kill
        self.require_ended(office, go_on(office, *self.words))

    def _dies(self, office: Office, kill: Kill) -> bool:
        """Or the run ends without such a commit, and the machines go back to where they began."""
        died = go_on(office, *self.words, kill=kill)
        if not died.killed:
            self.require_ended(office, died)
            office.reset()
        return died.killed

    def require_ended(self, office: Office, done: Ended) -> None:
        assert done.code == 0, (done.commits, done.err)
        self.require_same(office)

    def require_same(self, office: Office) -> None:
        """Nothing of the killed run stays, and everything is as after the undisturbed one."""
        office.controller.wait_clean()
        assert known(office, office.newest_run()) == self.known
        assert machines(office) == self.machines


def machines(office: Office) -> dict[str, dict[str, Any]]:
    return {name: seat.now() for name, seat in office.seats.items()}


def go_on(office: Office, *words: str, kill: Kill | None = None) -> Ended:
    """Resume; or apply once more, where the run had not been written down yet."""
    run = office.newest_run()
    if run:
        done = office.controller.run("apply", "--resume", run, "--yes", kill=kill)
        if "campaign/nothing-begun" not in done.err:
            return done
    assert office.touched() == [], "something was done that no run knows of"
    return office.controller.run(*office.apply(*words), kill=kill)
