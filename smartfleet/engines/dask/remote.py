"""What runs in the cluster's own processes. Dask finds these functions by their names: smartfleet is installed there.

No task's argument holds anything that must not be read: Dask keeps them in the scheduler and writes those of a task
that fails into its log. What must stay hidden travels as `Sealed` in a call of its own, and is kept nowhere.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from importlib.metadata import version

import dask
from distributed import Scheduler, Status, Worker, get_worker

from smartfleet import __version__
from smartfleet.engines.command import worker_command
from smartfleet.engines.dask.desk import Desk, Taken
from smartfleet.engines.dask.profile import SchedulerState, WorkerState

TOPIC = "smartfleet"
"""What Dask calls the thread of events on which workers tell that they have taken a task."""
_DESKS = _CLAIMED = "smartfleet"
_REMEMBERED = 100_000
"""Attempts that a scheduler remembers, some 100 bytes each; the workers' own notes outlive it."""
_LEAVING = frozenset({Status.closing, Status.closed, Status.failed})


class Sealed:
    """Bytes that no log shows."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __repr__(self) -> str:
        return f"Sealed({len(self.data)} bytes)"


def serve(key: str, client: str) -> None:
    """The task. It ends when its worker program has, or when nobody comes to give it work."""
    worker = get_worker()
    desk = _open(worker, key)
    worker.log_event(TOPIC, {"key": key, "client": client, "address": worker.address})
    _work(worker, key, desk)


def open_desk(key: str, dask_worker: Worker) -> None:
    """As `serve`, beside the worker's task and not in its place: to ask what the worker is."""
    desk = _open(dask_worker, key)
    threading.Thread(target=_work, args=(dask_worker, key, desk), daemon=True).start()


async def give(key: str, data: Sealed, dask_worker: Worker) -> bool:
    """Bytes for the worker program; False if there is none any more. Waits where it is slow."""
    desk = _desks(dask_worker).get(key)
    return desk is not None and await asyncio.to_thread(desk.give, data.data)


async def take(key: str, seconds: float, dask_worker: Worker) -> Taken:
    """What the worker program said meanwhile; waits up to `seconds` for its next line."""
    desk = _desks(dask_worker).get(key)
    return Taken((), gone=True) if desk is None else await asyncio.to_thread(desk.take, seconds)


def hang_up(key: str, dask_worker: Worker) -> None:
    desk = _desks(dask_worker).get(key)
    if desk is not None:
        desk.hang_up()


def look_at_scheduler(dask_scheduler: Scheduler) -> SchedulerState:
    addresses = [listener.listen_address for listener in dask_scheduler.listeners]
    pages = list(dask.config.get("distributed.scheduler.http.routes"))
    pages += [type(application).__name__ for application in dask_scheduler.http_application.applications]
    return SchedulerState(
        version=__version__,
        dask=version("distributed"),
        allowed_failures=int(dask_scheduler.allowed_failures),
        stealing="stealing" in dask_scheduler.extensions or "stealing" in dask_scheduler.periodic_callbacks,
        encrypted=_encrypted(dask_scheduler, addresses),
        debug=_debug(),
        pages=tuple(map(str, pages)),
    )


def offers(dask_scheduler: Scheduler) -> dict[str, tuple[str, ...]]:
    """What each worker offers, by its name."""
    return {str(worker.name): tuple(sorted(worker.resources)) for worker in dask_scheduler.workers.values()}


def addresses(dask_scheduler: Scheduler) -> list[str]:
    return list(dask_scheduler.workers)


def claim(key: str, dask_scheduler: Scheduler) -> bool:
    """Whether this is the first time that the attempt comes here: a worker only knows those that it had itself."""
    claimed: dict[str, None] = dask_scheduler.extensions.setdefault(_CLAIMED, {})
    if key in claimed:
        return False
    claimed[key] = None
    while len(claimed) > _REMEMBERED:
        del claimed[next(iter(claimed))]
    return True


def look_at_worker(dask_worker: Worker) -> WorkerState:
    return WorkerState(
        name=str(dask_worker.name),
        address=dask_worker.address,
        version=__version__,
        dask=version("distributed"),
        threads=dask_worker.state.nthreads,
        nanny=dask_worker.nanny is not None,
        lifetime=bool(dask_worker.lifetime),
        encrypted=_encrypted(dask_worker, [dask_worker.address]),
        debug=_debug(),
        sites=tuple(sorted(dask_worker.state.total_resources)),
    )


def _encrypted(node: Scheduler | Worker, addresses: list[str]) -> bool:
    return bool(node.security.require_encryption) and all(address.startswith("tls://") for address in addresses)


def _debug() -> bool:
    return any(logging.getLogger(f"distributed.{name}").isEnabledFor(logging.DEBUG) for name in ("core", "client"))


def _desks(worker: Worker) -> dict[str, Desk]:
    """They belong to this worker: a process may have several, as Dask's own tests do."""
    desks: dict[str, Desk] = worker.extensions.setdefault(_DESKS, {})
    return desks


def _open(worker: Worker, key: str) -> Desk:
    desk = Desk(str(worker.name))
    return _desks(worker).setdefault(key, desk)


def _work(worker: Worker, key: str, desk: Desk) -> None:
    try:
        desk.work(worker_command(), lambda: worker.status not in _LEAVING)
    finally:
        _desks(worker).pop(key, None)
