"""The engine whose workers are a Dask cluster's."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from weakref import WeakSet

from smartfleet.engines.asking import ask
from smartfleet.engines.attempts import Attempts
from smartfleet.engines.dask import remote
from smartfleet.engines.dask.cluster import Cluster, Gone
from smartfleet.engines.dask.identity import context, identity
from smartfleet.engines.dask.knock import knock
from smartfleet.engines.dask.link import DaskLink
from smartfleet.engines.dask.profile import WorkerState, check_site
from smartfleet.engines.dask.waiting import Waiting
from smartfleet.engines.dialogue import Dialogue
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Attempt, Listener
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import DaskEngine
from smartfleet.text import visible

_PATIENCE = 30.0
_SOON = 5.0
"""Seconds for workers to answer: to the question whether all is well, and to one that keeps a shard waiting."""
_AGAIN = 60.0
"""Seconds until a cluster that could not be used is asked again: to find out that nobody answers takes long."""


class DaskAttempt:
    """An attempt that may have to wait for a worker."""

    def __init__(self, dialogue: Dialogue, waiting: Waiting) -> None:
        self._dialogue = dialogue
        self._waiting = waiting

    @property
    def worker(self) -> str:
        return self._dialogue.worker

    def stop(self) -> None:
        self._dialogue.stop()
        # a shard that no worker has taken is begun nowhere any more
        self._waiting.give_up()

    def cancel(self) -> None:
        self._dialogue.cancel()
        self._waiting.give_up()


class DaskWorkers:
    """Connects when it is first used. `folder` is the fleet's; `sites` are those that the settings give it."""

    here = False

    def __init__(self, settings: DaskEngine, folder: Path, sites: Collection[str] = ()) -> None:
        self._settings = settings
        self._folder = folder
        self._sites = sites
        self._connecting = threading.Lock()
        self._cluster: Cluster | None = None
        self._unusable: tuple[float, EngineError] | None = None
        self._attempts = Attempts()
        self._waiting: WeakSet[Waiting] = WeakSet()

    def submit(self, shard: Shard, order: Order, listen: Listener) -> Attempt:
        cluster = self._connected()
        check_site(shard.site, cluster.offers())
        waiting = Waiting(cluster, shard)
        self._waiting.add(waiting)
        dialogue = self._attempts.begin(shard, order, listen, waiting.connect)
        return DaskAttempt(dialogue, waiting)

    def check(self) -> Mapping[str, object]:
        """EngineError as well if no worker offers a site that the settings give this engine."""
        cluster = self._connected()
        states = sorted(cluster.workers(_PATIENCE).values(), key=lambda state: state.name)
        offers = cluster.offers()
        for site in self._sites:
            check_site(site, offers)
        missing = sorted(offers.keys() - {state.name for state in states})
        with ThreadPoolExecutor(max_workers=8) as pool:
            answers = pool.map(partial(_asked, cluster), states)
            told = {state.name: answer for state, answer in zip(states, answers, strict=True)}
        return {**told, **{name: _silent(name, "it says nothing") for name in missing}}

    def close(self) -> None:
        for waiting in list(self._waiting):
            waiting.give_up()
        self._attempts.close()
        with self._connecting:
            if self._cluster is not None:
                self._cluster.close()
                self._cluster = None

    def _connected(self) -> Cluster:
        """The same connection for all, until it breaks. One that could not be made is not tried again for a while."""
        with self._connecting:
            if self._cluster is not None and not self._cluster.usable:
                self._cluster.close()
                self._cluster = None
            if self._cluster is None:
                self._cluster = self._connect()
            return self._cluster

    def _connect(self) -> Cluster:
        if self._unusable is not None and time.monotonic() < self._unusable[0]:
            known = self._unusable[1]
            raise EngineError(known.code, known.message, why=known.why, do=known.do)
        try:
            who = identity(self._settings, self._folder)
            trust = context(who)
            knock(who, trust)
            return _fit(Cluster(who, trust, dashboard=self._settings.dashboard))
        except EngineError as error:
            self._unusable = time.monotonic() + _AGAIN, error
            raise


def _fit(cluster: Cluster) -> Cluster:
    """EngineError if one of its workers is none to give orders to."""
    try:
        cluster.workers(_SOON)
    except EngineError:
        cluster.close()
        raise
    return cluster


def _asked(cluster: Cluster, state: WorkerState) -> Mapping[str, object] | EngineError:
    try:
        return ask(partial(_beside, cluster, state))
    except EngineError as error:
        return error


def _beside(cluster: Cluster, state: WorkerState) -> DaskLink:
    """A program beside the worker's task: a worker that is busy answers too."""
    key = f"check-{uuid.uuid4().hex}"
    try:
        cluster.call(state.address, remote.open_desk, key)
    except Gone as gone:
        raise _silent(state.name, gone.reason) from gone
    return DaskLink(cluster, key, state.address, state.name, None)


def _silent(name: str, reason: str) -> EngineError:
    return EngineError(
        "worker/silent",
        f"the worker {visible(name)} does not answer: {reason}",
        why="shards would wait for it",
        do="look at that machine: is it too busy?",
    )
