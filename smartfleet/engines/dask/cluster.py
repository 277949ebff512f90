"""The controller's connection to a scheduler: Dask's client, in a thread of its own, asked from any other."""

# Dask's classes are not typed
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TypeVar

from distributed import Client, Future
from distributed.versions import VersionMismatchWarning

from smartfleet.engines.dask import remote
from smartfleet.engines.dask.identity import Identity
from smartfleet.engines.dask.profile import (
    SchedulerState,
    WorkerState,
    check_scheduler,
    check_worker,
    site_resource,
)
from smartfleet.engines.dask.security import NamedScheduler
from smartfleet.errors import EngineError
from smartfleet.text import visible

T = TypeVar("T")
_CONNECT = 15.0
_CALL = 40.0
"""Seconds for the scheduler to pass on a question and its answer: longer than any function in `remote` takes."""
_SILENT = logging.CRITICAL + 1


@dataclass(frozen=True)
class Gone(Exception):  # noqa: N818 - a fact about a call, which callers make an error of or not
    """The cluster, or the worker that was asked, does not answer."""

    reason: str


class Cluster:
    """`dashboard`: whether a scheduler with one is accepted. EngineError if the cluster cannot be used."""

    def __init__(self, who: Identity, trust: ssl.SSLContext, *, dashboard: bool) -> None:
        _hush()
        self._who = who
        self._dask = version("distributed")
        self._expected: dict[str, Callable[[str], None]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="smartfleet-dask")
        self._thread.start()
        try:
            self._client = self._connected(trust)
            check_scheduler(self._scheduler_state(), own_dask=self._dask, pages=dashboard)
        except BaseException:
            self.close()
            raise

    @property
    def usable(self) -> bool:
        return bool(self._client.status == "running")

    def workers(self, seconds: float) -> dict[str, WorkerState]:
        """By address, without those that do not answer in time. EngineError if one of them must not get orders."""

        async def ask(address: str) -> object:
            with contextlib.suppress(TimeoutError):
                return (await asyncio.wait_for(self._run(address), seconds)).get(address)
            return None

        async def ask_all() -> dict[str, object]:
            # not from `scheduler_info`: in a loop of one's own it tells what it once heard, soon of no worker at all
            addresses = await self._client.run_on_scheduler(remote.addresses)
            return dict(zip(addresses, await asyncio.gather(*map(ask, addresses)), strict=True))

        found: dict[str, WorkerState] = {}
        for address, state in self._asked(ask_all).items():
            if isinstance(state, WorkerState):
                check_worker(state, own_dask=self._dask)
                found[address] = state
            elif state is not None and not isinstance(state, OSError):
                raise _stranger(str(address), state)
        return found

    async def _run(self, address: str) -> dict[str, object]:
        return dict(await self._client.run(remote.look_at_worker, workers=[address], on_error="return"))

    def offers(self) -> dict[str, tuple[str, ...]]:
        """The resources of the workers that there are now, by their names."""
        return dict(self._asked(lambda: self._client.run_on_scheduler(remote.offers)))

    def claim(self, key: str) -> bool:
        """Whether nobody put that task into this cluster before, whichever worker took it."""
        return bool(self._asked(lambda: self._client.run_on_scheduler(remote.claim, key)))

    def worker(self, address: str) -> WorkerState:
        """EngineError if it must not get orders, or is gone."""
        try:
            state: WorkerState = self.call(address, remote.look_at_worker)
        except Gone as gone:
            raise _stranger(address, gone) from gone
        check_worker(state, own_dask=self._dask)
        return state

    def call(self, address: str, function: Callable[..., Any], *arguments: object, seconds: float = _CALL) -> Any:  # noqa: ANN401 - whatever `function` returns
        """What a function of `remote` answers on that worker. Raises Gone."""

        async def ask() -> Any:  # noqa: ANN401 - as above
            answers = await self._client.run(function, *arguments, workers=[address])
            return answers[address]

        try:
            return self._do(ask(), seconds)
        except Exception as error:
            raise Gone(visible(str(error) or type(error).__name__)) from error

    def task(self, key: str, site: str, taken: Callable[[str], None], ended: Callable[[], None]) -> Future[None]:
        """Puts a task into the scheduler's queue. `taken` is called once, with the address of whoever begins it;
        `ended` when Dask says that it is over, for whatever reason. Both must return at once.
        """

        async def put() -> Future[None]:
            self._expected[key] = taken
            future = self._client.submit(
                remote.serve,
                key,
                self._client.id,
                key=f"smartfleet-{key}",
                pure=False,
                retries=0,
                resources={site_resource(site): 1},
                allow_other_workers=False,
            )
            future.add_done_callback(lambda _future: ended())
            return future

        try:
            return self._do(put(), _CALL)
        except Exception as error:
            raise self._unanswered(error) from error

    def give_up(self, key: str, future: Future[None]) -> None:
        """Takes a task out of the queue. A worker that has begun it is sent away."""

        async def drop() -> None:
            self._expected.pop(key, None)
            await self._client.cancel([future])

        with contextlib.suppress(Exception):
            # what cannot be told to the scheduler any more ends by itself, for nobody gives it work
            self._do(drop(), _CALL)

    def release(self, future: Future[None]) -> None:
        """The scheduler may forget the task."""
        # a connection that was closed meanwhile has forgotten all its tasks
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(future.release)

    def why(self, future: Future[None]) -> BaseException | None:
        """Why Dask says that a task ended; None if it did not, or just ended."""

        async def look() -> BaseException | None:
            if future.status == "cancelled":
                return Gone("the scheduler is gone")
            return await future.exception() if future.status == "error" else None

        try:
            return self._do(look(), _CALL)
        except Exception as error:  # noqa: BLE001 - an exception that cannot even be brought here is one
            return error

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        if hasattr(self, "_client"):
            with contextlib.suppress(Exception):
                # a scheduler that is gone is no reason to stay
                self._do(self._close(), _CONNECT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        await self._client.close()

    def _connected(self, trust: ssl.SSLContext) -> Client:
        async def connect() -> Client:
            client = Client(
                self._who.scheduler,
                security=NamedScheduler(self._who.host, trust),
                asynchronous=True,
                direct_to_workers=False,
                set_as_default=False,
                timeout=_CONNECT,
            )
            with warnings.catch_warnings():
                # a table of versions, where Python's last digits differ: what must be alike is asked of the workers
                warnings.simplefilter("ignore", VersionMismatchWarning)
                await client
            client.subscribe_topic(remote.TOPIC, self._announced)
            return client

        try:
            return self._do(connect(), 2 * _CONNECT)
        except Exception as error:
            raise self._unanswered(error) from error

    def _announced(self, event: tuple[float, Mapping[str, str]]) -> None:
        """In Dask's thread. Where nobody expects the task, Dask has begun it once more: that worker is sent away."""
        _when, said = event
        if said["client"] != self._client.id:
            return
        taken = self._expected.pop(said["key"], None)
        if taken is not None:
            taken(said["address"])
        else:
            away = self._client.run(remote.hang_up, said["key"], workers=[said["address"]], on_error="ignore")
            # kept, for a loop lets go of tasks that nobody holds
            self._away = asyncio.ensure_future(away)

    def _scheduler_state(self) -> SchedulerState:
        state = self._asked(lambda: self._client.run_on_scheduler(remote.look_at_scheduler))
        if isinstance(state, SchedulerState):
            return state
        raise _stranger(self._who.scheduler, state)

    def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        async def ask() -> T:
            return await question()

        try:
            return self._do(ask(), _CALL)
        except Exception as error:
            raise _stranger(self._who.scheduler, error) from error

    def _do(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, seconds), self._loop).result()

    def _unanswered(self, error: Exception) -> EngineError:
        return EngineError(
            "engine/no-scheduler",
            f"the scheduler {self._who.scheduler} does not answer Dask's client: "
            f"{visible(str(error) or type(error).__name__)}",
            why="its workers can be given nothing; nothing was begun",
            do="systemctl status smartfleet-dask-scheduler on that machine",
        )


def _stranger(address: str, error: object) -> EngineError:
    """One that does not know our functions, most often because smartfleet is not installed there, or an older one."""
    return EngineError(
        "engine/dask-stranger",
        f"{visible(address)} does not answer as smartfleet does: {visible(str(error) or type(error).__name__)}",
        why="scheduler and workers need the same smartfleet as the controller",
        do="pip install 'smartfleet[dask]' of this controller's version there, and start it again",
    )


def _hush() -> None:
    """What Dask would tell on stderr, whoever uses this tells in his own words; and at debug it tells secrets."""
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(_SILENT)
