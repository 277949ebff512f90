"""What the verbs that work on hosts share."""

from __future__ import annotations

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.runner import Controls, Run
from smartfleet.engines.answers import RunAnswers
from smartfleet.errors import InventoryError, StoreError
from smartfleet.fleet import Fleet
from smartfleet.paths import data_folder
from smartfleet.policy.judge import Policy, policy_of
from smartfleet.store import Store
from smartfleet.text import visible
from smartfleet.words import Words, load_words

Execute = Callable[[Run, Controls], RunAnswers]
"""Works on the hosts of a run. Every answer, also one that a probe stands in for, goes through `Controls.progress`."""


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need neither."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.Random)


def _nobody(_question: str) -> bool:
    """Without anybody to ask the answer is no."""
    return False


def _english() -> Words:
    return load_words("en", data_folder("templates"))


def _untold(_run: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Campaign:
    """A fleet with its store, how to run Ansible over it, and whom to ask between two waves.

    `listings` is shared with `execute`, so that both look at the same reading of the inventory. `words`: those that
    the policy's messages are written in. `ended` is told the name of each run that is closed, however it ended; it
    raises nothing.
    """

    fleet: Fleet
    store: Store
    controls: Controls
    execute: Execute
    clock: Clock = field(default_factory=Clock)
    ask: Callable[[str], bool] = _nobody
    listings: Listings = field(default_factory=Listings)
    words: Callable[[], Words] = _english
    ended: Callable[[str], None] = _untold

    def hosts(self, limit: str | None) -> list[InventoryHost]:
        return self.listings.hosts(self.fleet.inventory, limit, folder=self.fleet.folder)

    def listed(self, names: Collection[str]) -> list[InventoryHost]:
        """Hosts of the inventory, `names` among them; read anew only where the last reading lacks one of these."""
        return list(self.listings.covering(self.fleet.inventory, names, folder=self.fleet.folder).hosts)

    def whole(self) -> list[InventoryHost] | None:
        """All hosts of the inventory, where the last reading was of all; None where it was of some."""
        return self.listings.whole(self.fleet.inventory, folder=self.fleet.folder)

    def policy(self) -> Policy:
        """As `smartfleet.yml` wants it, for this moment."""
        return policy_of(self.fleet.config, self.words(), self.clock.now())

    @contextmanager
    def run(self, verb: str, hosts: Collection[str], plan_hash: str = "") -> Iterator[str]:
        """A run in store and trail, written before anything is done; an error leaves it marked as failed."""
        run = self.store.begin(verb, len(hosts), plan_hash)
        self.store.add_trail("begun", run=run, verb=verb, plan_hash=plan_hash, hosts=hosts)
        try:
            yield run
        except BaseException:
            # what broke may be the store itself; the first error is the one to tell
            with contextlib.suppress(StoreError):
                self.note_end(run, verb, "failed", ())
                self.store.finish(run, "failed")
                self.ended(run)
            raise

    def note_end(self, run: str, verb: str, state: str, came: Iterable[str]) -> None:
        """The trail's last line of a run; `came` are the outcomes or verdicts, one word each."""
        self.store.add_trail("ended", run=run, verb=verb, outcomes=Counter(came), detail=state)


def check_names(wanted: Iterable[str], hosts: Iterable[InventoryHost]) -> None:
    """Every host that the plan names must still be in the inventory under that name."""
    known = {host.name for host in hosts}
    missing = [visible(name) for name in wanted if name not in known]
    if missing:
        raise InventoryError(
            "inventory/hosts-gone",
            f"the inventory has no host {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''} any more",
            why="only hosts that the plan names are touched, and all of them",
            do="audit and plan again",
        )


def state(*, interrupted: bool) -> str:
    """How a run that came to its end is marked."""
    return "interrupted" if interrupted else "done"
