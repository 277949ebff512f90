"""Processes in which machines do their work, shared by all endpoints of a lab.

Plays take long and fork, so they must not run in the process that answers requests. A worker can be ended in the middle
of a play, as Windows ends the processes of a shell that is deleted.
"""

from __future__ import annotations

import asyncio
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from smartfleet.lab.winrm import process
from smartfleet.lab.winrm.machine import Machine, Output
from smartfleet.lab.winrm.manifest import Call

_END_SECONDS = 5.0


class Workers:
    """`count` plays at a time; the processes start when they are first needed."""

    def __init__(self, count: int = 2) -> None:
        self._slots: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._slots.put_nowait(None)
        self._running: set[_Worker] = set()

    async def run(self, machine: Machine, call: Call) -> Output:
        """Plays `call` in a worker. Cancelling it ends that worker."""
        worker = await self._slots.get()
        usable = None
        try:
            if worker is None or not worker.process.is_alive():
                worker = await asyncio.to_thread(_Worker)
                self._running.add(worker)
            result = await self._exchange(worker, machine, call)
            usable = worker if result is not None else None
        finally:
            if usable is None and worker is not None:
                self._running.discard(worker)
                worker.end()
            self._slots.put_nowait(usable)
        return result or process.refusal(call, "emulated host: the process ended without an answer")

    async def close(self) -> None:
        """Ends every worker, whatever it does."""
        workers, self._running = self._running, set()
        for worker in workers:
            worker.end()
        for worker in workers:
            await asyncio.to_thread(worker.process.join, _END_SECONDS)

    @staticmethod
    async def _exchange(worker: _Worker, machine: Machine, call: Call) -> Output | None:
        answer = asyncio.ensure_future(asyncio.to_thread(worker.ask, machine, call))
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            worker.end()
            await answer
            raise


class _Worker:
    """One process and the pipe to it."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, there = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(there,), name="lab-worker", daemon=True)
        self.process.start()
        there.close()

    def ask(self, machine: Machine, call: Call) -> Output | None:
        """Blocks; None if the process ended instead of answering."""
        try:
            self._pipe.send((machine, call))
            # a play may have left a child that holds the pipe open, so its end alone does not say that it is over
            wait([self._pipe, self.process.sentinel])
            answer = self._pipe.recv() if self._pipe.poll() else None
        except (OSError, EOFError):
            return None
        return answer if isinstance(answer, Output) else None

    def end(self) -> None:
        self.process.kill()


def _work(pipe: Connection) -> None:
    """The worker: plays one call after the other until its lab is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            machine, call = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(process.run(machine, call))
