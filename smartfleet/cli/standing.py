"""Where a fleet stands and what is begun, gathered from inventory and store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.reporting import figures
from smartfleet.cli.next import for_fleet, for_runs
from smartfleet.fleet import Fleet
from smartfleet.model.runs import RunSummary
from smartfleet.model.status import StatusDocument
from smartfleet.store import Store
from smartfleet.store.outbox import unsent

_RUNS = 10


def standing(
    fleet: Fleet, store: Store, hosts: Sequence[InventoryHost], environment: Mapping[str, str]
) -> StatusDocument:
    now = time.time()
    counted = figures(fleet, store, hosts, environment, now)
    seen = counted.figures
    runs, waiting = begun(store)
    wanted = {host.name for host in hosts}
    return StatusDocument(
        fleet=str(fleet.folder.resolve()),
        headline=seen.headline(),
        behind=counted.behind,
        runs=runs,
        locks=[lock for lock in store.locks() if lock.host in wanted],
        lost=[one for one in store.lost() if one.host in wanted],
        waiting=waiting,
        unsent=Counter(entry.target for entry in unsent(store.outbox()) if entry.trouble),
        next=for_runs(runs, waiting) or for_fleet(seen),
    )


def begun(store: Store) -> tuple[list[RunSummary], dict[str, int]]:
    """The newest runs, and how many hosts wait in each that tries them again."""
    queue = store.queued(time.time())
    return store.runs(_RUNS), {run: store.waiting(run) for run in queue}
