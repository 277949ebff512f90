"""A server that listens: inside a running event loop (`serve`), or in a thread of its own for tests (`LabServer`)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from smartfleet.errors import LabError
from smartfleet.lab.server.app import make_app
from smartfleet.lab.server.cloud import Cloud
from smartfleet.lab.server.log import AccessLog, Request, read_log

T = TypeVar("T")
SHUTDOWN_SECONDS = 2.0
"""How long requests that are being answered may still take when a server ends."""


async def serve(
    cloud: Cloud, log: AccessLog, *, address: str = "127.0.0.1", port: int = 0
) -> tuple[web.AppRunner, int]:
    """Starts listening and returns the runner (``await runner.cleanup()`` ends it) and the port.

    LabError if the address or port cannot be used.
    """
    runner = web.AppRunner(make_app(cloud, log), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    site = web.TCPSite(runner, address, port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise LabError(
            "lab/port",
            f"cannot listen on {address}:{port}: {error.strerror}",
            do="choose another port, or 0 for any free one",
        ) from error
    return runner, int(runner.addresses[0][1])


class LabServer:
    """One instance in a thread: ``with LabServer(folder) as server: server.old_url ... server.new_url``.

    It answers as ``http://localhost:PORT`` (the old name) and ``http://127.0.0.1:PORT`` (the new one).
    """

    def __init__(self, folder: Path, *, cloud: Cloud | None = None, port: int = 0) -> None:
        self.cloud = cloud or Cloud()
        self.log_path = folder / f"access-{self.cloud.instance}.jsonl"
        self.port = port
        self._started = threading.Event()
        self._problem: LabError | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="lab-server", daemon=True)

    @property
    def old_url(self) -> str:
        return f"http://localhost:{self.port}{self.cloud.prefix}"

    @property
    def new_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.cloud.prefix}"

    def call(self, function: Callable[[Cloud], T]) -> T:
        """Runs `function` on the instance between two requests and returns its result."""

        async def run() -> T:
            return function(self.cloud)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=30)

    def requests(self, *, since: float = 0.0) -> list[Request]:
        return read_log(self.log_path, since=since)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(timeout=30)
        if self._problem:
            self._thread.join()
            raise self._problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        log = AccessLog(self.log_path)
        try:
            runner, self.port = self._loop.run_until_complete(serve(self.cloud, log, port=self.port))
        except LabError as problem:
            self._problem = problem
        else:
            self.cloud.names |= {f"localhost:{self.port}", f"127.0.0.1:{self.port}"}
            self._started.set()
            self._loop.run_forever()
            self._loop.run_until_complete(runner.cleanup())
        finally:
            log.close()
            self._loop.close()
            self._started.set()
