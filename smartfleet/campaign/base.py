"""What the four verbs share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from smartfleet.campaign.inventory import InventoryHost, resolve
from smartfleet.campaign.runner import Controls
from smartfleet.errors import InventoryError
from smartfleet.fleet import Fleet
from smartfleet.store import Store
from smartfleet.text import visible


@dataclass(frozen=True)
class Campaign:
    """A fleet with its store, and how to run Ansible over it."""

    fleet: Fleet
    store: Store
    controls: Controls

    def hosts(self, limit: str | None) -> list[InventoryHost]:
        return resolve(self.fleet.inventory, limit, folder=self.fleet.folder)

    @contextmanager
    def run(self, verb: str, hosts: int, plan_hash: str = "") -> Iterator[str]:
        """A run in the store, written before anything is done; an error leaves it marked as failed."""
        run = self.store.begin(verb, hosts, plan_hash)
        try:
            yield run
        except BaseException:
            self.store.finish(run, "failed")
            raise


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
