"""Which engine works on which site, and the engines themselves, each made when it is first asked for."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from smartfleet.engines.ahead import Ahead
from smartfleet.engines.local import LocalEngine
from smartfleet.engines.protocol import Engine
from smartfleet.engines.ssh.engine import SshWorkers
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import LOCAL, DaskEngine, EngineSettings


class Engines:
    """The engines of a fleet. Leaving the context lets go of all that were made."""

    def __init__(self, settings: EngineSettings, folder: Path, ahead: Ahead | None = None) -> None:
        """`folder` is the fleet's. `ahead`: a worker of this machine that was begun before."""
        self._ahead = ahead
        self._settings = settings
        self._folder = folder
        self._made: dict[str, Engine] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def name(self, site: str) -> str:
        """The name of the engine that works on the hosts of `site`."""
        return self._settings.sites.get(site, self._settings.default)

    def buckets(self, site: str) -> int:
        """How many shards the hosts of `site` are shared out over."""
        name = self.name(site)
        if name in self._settings.ssh:
            return len(self._settings.ssh[name].workers)
        return self._settings.dask[name].shards if name in self._settings.dask else 1

    def engine(self, name: str) -> Engine:
        """The same one each time. Raises EngineError if this machine lacks what it needs."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def close(self) -> None:
        for engine in self._made.values():
            engine.close()
        self._made.clear()

    def _make(self, name: str) -> Engine:
        if name == LOCAL:
            return LocalEngine(self._ahead)
        if name in self._settings.ssh:
            return SshWorkers(self._settings.ssh[name], self._folder)
        return _dask(self._settings.dask[name], self._folder, self._settings.sites_of(name))


def _dask(settings: DaskEngine, folder: Path, sites: list[str]) -> Engine:
    try:
        # an extra, and half a second to import
        from smartfleet.engines.dask.adapter import DaskWorkers  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise EngineError(
            "engine/dask-missing",
            f"this smartfleet was installed without Dask: {error}",
            why="a Dask cluster is reached through Dask's own client",
            do="pip install 'smartfleet[dask]'",
        ) from error
    return DaskWorkers(settings, folder, sites)
