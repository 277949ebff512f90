"""A Dask cluster of this machine's processes, with mutual TLS, for tests."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from smartfleet.engines.dask.adapter import DaskWorkers
from smartfleet.fleet.engines import DaskEngine
from smartfleet.lab.workers.dask import DaskCluster
from tests.integration.engines.grounds import marked

_SEVERED_SECONDS = 8.0


class DaskGround:
    """Each worker has a home of its own, whose name marks all that it starts, and all its folders in there, as if it
    were a machine of its own.
    """

    def __init__(self, cluster: DaskCluster) -> None:
        self.cluster = cluster
        self.engine = self.another()
        self.places = [cluster.folder]
        self.disks = [cluster.folder / "homes" / name / "tmp" for name in cluster.names]

    def another(self, sites: Sequence[str] = (), **settings: object) -> DaskWorkers:
        """For `sites`; `settings` in place of those that fit."""
        fitting = {
            "scheduler": self.cluster.address,
            "ca_file": str(self.cluster.ca_file),
            "certificate_file": str(self.cluster.certificate_file),
            "key_file": str(self.cluster.key_file),
        }
        return DaskWorkers(DaskEngine.model_validate({**fitting, **settings}), self.cluster.folder, sites)

    def processes(self, worker: str = "") -> dict[int, str]:
        found = marked(f"HOME={self.cluster.folder / 'homes' / worker}")
        return {pid: line for pid, line in found.items() if line and "distributed.cli" not in line}

    def sever(self) -> None:
        """The way to a worker program goes through its Dask worker: that one stands still for a while, the program does
        not. Other workers are as they were.
        """
        self.freeze(next(name for name in self.cluster.names if self.processes(name)))

    def freeze(self, name: str) -> None:
        """A worker, or the "scheduler", stands still for a while."""
        pid = self.cluster.pid(name)
        os.kill(pid, signal.SIGSTOP)
        healer = threading.Timer(_SEVERED_SECONDS, _go_on, [pid])
        healer.daemon = True
        healer.start()


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def dask_cluster(
    folder: Path,
    names: Sequence[str],
    *,
    changes: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> DaskCluster:
    def own(name: str) -> dict[str, str]:
        home = folder / "homes" / name
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        own = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_STATE_HOME": str(home / "state")}
        return {**os.environ, **own, **(environment or {})}

    return DaskCluster(folder, names, ["north"], own, changes)


@contextmanager
def dask_ground(folder: Path, names: Sequence[str] = ("w1", "w2")) -> Iterator[DaskGround]:
    with dask_cluster(folder, names) as cluster:
        ground = DaskGround(cluster)
        yield ground
        ground.engine.close()
