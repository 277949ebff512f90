"""A shard in the scheduler's queue: from there to the worker that takes it."""

from __future__ import annotations

import threading

from smartfleet.engines.dask.cluster import Cluster
from smartfleet.engines.dask.link import DaskLink
from smartfleet.engines.dask.profile import check_site
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError
from smartfleet.text import visible

_LOOK = 15.0
"""Seconds between two looks whether there is still a worker that could take the shard."""


class Waiting:
    def __init__(self, cluster: Cluster, shard: Shard) -> None:
        self._cluster = cluster
        self._shard = shard
        self._changed = threading.Condition()
        self._address = ""
        self._over = False
        self._given_up = False
        self._link: DaskLink | None = None

    def connect(self) -> DaskLink:
        """Waits until a worker takes the shard. EngineError if none will, or if that one must not get it."""
        key = self._shard.key
        if not self._cluster.claim(key):
            raise EngineError(
                "worker/same-attempt",
                f"the cluster was given the attempt {visible(key)} before",
                why="an attempt is carried once: two playbooks would work on the same hosts",
                do="smartfleet show HOST, to see what is known of one of these hosts",
            )
        future = self._cluster.task(key, self._shard.site, self._taken, self._ended)
        try:
            self._wait()
            name = self._cluster.worker(self._address).name
        except EngineError:
            self._cluster.give_up(key, future)
            raise
        link = DaskLink(self._cluster, key, self._address, name, future)
        with self._changed:
            self._link = link
            over = self._over
        if over:
            link.lost()
        return link

    def give_up(self) -> None:
        """Nobody waits any more. Does nothing once a worker has taken the shard."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def _wait(self) -> None:
        while not self._settled(_LOOK):
            check_site(self._shard.site, self._cluster.offers())
        if self._address:
            return
        if self._given_up:
            raise EngineError("engine/given-up", "nobody waits any more for a worker to take the shard")
        raise EngineError(
            "engine/not-taken",
            f"the scheduler dropped the shard {visible(self._shard.key)} before a worker took it",
            why="nothing was begun on its hosts",
            do="smartfleet engines",
        )

    def _settled(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._address) or self._over or self._given_up, seconds)

    def _taken(self, address: str) -> None:
        with self._changed:
            self._address = address
            self._changed.notify_all()

    def _ended(self) -> None:
        with self._changed:
            self._over = True
            link = self._link
            self._changed.notify_all()
        if link is not None:
            link.lost()
