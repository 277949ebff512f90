"""One of a lab's workers loses its power in the middle of a run: told when by the run's own events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.scenario import Machine
from smartfleet.lab.workers.losing import in_the_middle
from smartfleet.lab.workers.place import Place
from smartfleet.lab.workers.workers import names
from smartfleet.model.events import Event, WaveBegun

LOOK_SECONDS = 0.02


class PowerCut:
    """Waits for the wave behind the canary, and there for a worker that is moving accounts. With no `workers` nothing
    happens. `lost`: the worker's name, once it happened; `tell` is told.
    """

    def __init__(self, lab: Lab, workers: int, machines: Mapping[str, Machine], tell: Callable[[str], None]) -> None:
        self.lost = ""
        self._lab = lab
        self._workers = [Place(name, lab.layout.worker_home(name)) for name in names(workers)]
        self._hosts: Sequence[LabHost] = [host for host in machines.values() if isinstance(host, LabHost)]
        self._tell = tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def event(self, event: Event) -> None:
        """To be called with each event of the run as it comes."""
        if self._workers and isinstance(event, WaveBegun) and event.wave and self._thread.ident is None:
            self._thread.start()

    def _wait(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            found = in_the_middle(self._workers, self._hosts)
            if found is not None:
                worker, moving = found
                self._lab.power_off_worker(worker)
                self.lost = worker
                self._tell(f"{worker} loses its power while it moves accounts on {', '.join(moving)}")
                return
