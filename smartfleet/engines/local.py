"""The engine that is always there: workers are child processes of the controller."""

from __future__ import annotations

from collections.abc import Mapping

from smartfleet.engines.ahead import Ahead
from smartfleet.engines.asking import ask
from smartfleet.engines.attempts import Attempts
from smartfleet.engines.command import WORKER, worker_command
from smartfleet.engines.order import Order
from smartfleet.engines.pipes import ProcessLink
from smartfleet.engines.protocol import Attempt, Listener
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError


class LocalEngine:
    """A worker for each shard, with this process's environment. `ahead`: the one that the first shard gets."""

    here = True

    def __init__(self, ahead: Ahead | None = None) -> None:
        self._ahead = ahead
        self._attempts = Attempts()

    def submit(self, shard: Shard, order: Order, listen: Listener) -> Attempt:
        return self._attempts.begin(shard, order, listen, self._link)

    def check(self) -> Mapping[str, object]:
        return {WORKER: ask(_start)}

    def close(self) -> None:
        self._attempts.close()

    def _link(self) -> ProcessLink:
        ready = self._ahead.take() if self._ahead else None
        return ready or _start()


def _start() -> ProcessLink:
    try:
        return ProcessLink(worker_command(), WORKER)
    except OSError as error:
        raise EngineError(
            "worker/not-started",
            f"no worker can be started on this machine: {error.strerror}",
            why="nothing can be done on any host",
            do="free memory or processes on this machine",
        ) from error
