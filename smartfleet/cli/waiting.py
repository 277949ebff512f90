"""Who waits, gathered from the store: in runs that try it again, and without one."""

from __future__ import annotations

from smartfleet.campaign.tries import waits
from smartfleet.model.queue import QueueDocument, QueuedRun
from smartfleet.store import Store


def queued(store: Store, now: float) -> QueueDocument:
    """What waits in runs that try it again, and what waits without one."""
    runs = [run for name in store.queued(now) if (run := _queued(store, name))]
    tried = {host.host for run in runs for host in run.hosts}
    # without a user it is the host of an audit, which no run of apply could try again
    waiting = {outcome.host for outcome in store.each_outcome() if outcome.user and waits(outcome)}
    return QueueDocument(runs=runs, unqueued=sorted(waiting - tried))


def _queued(store: Store, name: str) -> QueuedRun | None:
    run, settings = store.run(name), store.settings(name)
    if run is None or settings is None or settings.until is None:
        return None
    hosts = store.progress(name, "waiting")
    return QueuedRun(
        run=name, admin=run.admin, until=settings.until, every=settings.every, driven=run.driven, hosts=hosts
    )
