"""A link to a worker program behind a Dask worker: its bytes go through the scheduler, call by call."""

from __future__ import annotations

import contextlib
import queue
import threading

from distributed import Future, KilledWorker

from smartfleet.engines.dask import remote
from smartfleet.engines.dask.cluster import Cluster, Gone
from smartfleet.engines.dask.desk import Taken
from smartfleet.engines.protocol import Ended
from smartfleet.text import visible

_POLL = 5.0
_HANG_UP = 10.0
_MOMENT = 2.0
_BATCHES = 4
_UNKNOWN = "what became of the hosts that had not reported is not known"
_END: tuple[bytes, ...] = ()


class DaskLink:
    """`future`: the task in which the program runs; None where it runs beside the worker's task."""

    def __init__(self, cluster: Cluster, key: str, address: str, name: str, future: Future[None] | None) -> None:
        self.worker = name
        self._cluster = cluster
        self._key = key
        self._address = address
        self._future = future
        self._batches: queue.Queue[tuple[bytes, ...]] = queue.Queue(_BATCHES)
        self._lines: list[bytes] = []
        self._why: Ended | None = None
        self._closed = threading.Event()
        self._judged = threading.Event()
        self._fetcher = threading.Thread(target=self._fetch, daemon=True)
        self._fetcher.start()

    def write(self, data: bytes) -> None:
        try:
            taken = not self._closed.is_set() and self._cluster.call(
                self._address, remote.give, self._key, remote.Sealed(data)
            )
        except Gone as gone:
            raise BrokenPipeError(gone.reason) from gone
        if not taken:
            raise BrokenPipeError("the worker program takes no more")

    def read_line(self, seconds: float) -> bytes | None:
        if not self._lines:
            try:
                self._lines = list(reversed(self._batches.get(timeout=max(0.0, seconds))))
            except queue.Empty:
                return None
        return self._lines.pop() if self._lines else b""

    def why(self) -> Ended:
        return self._why or self._lost("nothing more was heard")

    def close(self) -> None:
        self._closed.set()
        if self._why is None:
            # whoever is not reached hears nothing more, and ends by himself
            with contextlib.suppress(Gone):
                self._cluster.call(self._address, remote.hang_up, self._key, seconds=_HANG_UP)
        if self._future is not None:
            self._cluster.release(self._future)

    def lost(self) -> None:
        """Dask says that the task is over. From Dask's own thread."""
        threading.Thread(target=self._judge, daemon=True).start()

    def _judge(self) -> None:
        """A task that just ended is heard of by its program's last line."""
        error = self._cluster.why(self._future) if self._future is not None else None
        if error is not None:
            self._judged.set()
            self._end(self._verdict(error))

    def _fetch(self) -> None:
        while not self._closed.is_set():
            try:
                taken: Taken = self._cluster.call(self._address, remote.take, self._key, _POLL)
            except Gone as gone:
                # Dask knows better than the call that failed, if it is given a moment
                if not self._judged.wait(_MOMENT):
                    self._end(self._lost(gone.reason))
                return
            if taken.lines:
                self._put(taken.lines)
            if taken.why or taken.gone:
                self._end(taken.why or self._lost("its program is gone"))
                return

    def _end(self, why: Ended) -> None:
        self._why = self._why or why
        self._put(_END)

    def _put(self, batch: tuple[bytes, ...]) -> None:
        while not self._closed.is_set():
            try:
                self._batches.put(batch, timeout=1.0)
            except queue.Full:
                continue
            return

    def _lost(self, reason: str) -> Ended:
        return Ended(
            "lost",
            begun=True,
            code="worker/died",
            message=f"the Dask worker {visible(self.worker)} was lost: {reason}",
            why=_UNKNOWN,
            do="smartfleet engines",
        )

    def _verdict(self, error: BaseException) -> Ended:
        if isinstance(error, KilledWorker):
            return self._lost("its process died, or lost the scheduler")
        if isinstance(error, Gone):
            return Ended(
                "lost",
                begun=True,
                code="engine/scheduler-lost",
                message=f"the scheduler was lost while {visible(self.worker)} worked on the shard",
                why=_UNKNOWN,
                do="systemctl status smartfleet-dask-scheduler on the scheduler's machine",
            )
        return self._lost(visible(str(error) or type(error).__name__))
