"""The engine of workers behind ssh: each shard is a connection of its own, which ends with it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from smartfleet.engines.asking import ask
from smartfleet.engines.attempts import Attempts
from smartfleet.engines.order import Order
from smartfleet.engines.pipes import ProcessLink
from smartfleet.engines.protocol import Attempt, Ended, Event, Listener
from smartfleet.engines.shard import Shard, bucket
from smartfleet.engines.ssh.command import PROGRAM, by_hand, command, files
from smartfleet.engines.ssh.trouble import broken, unanswered
from smartfleet.errors import EngineError
from smartfleet.fleet.engines import SshEngine, SshWorker

_UNHEARD = frozenset({"worker/silent", "worker/garbled", "worker/not-started"})
"""Codes of shards that nothing was begun of, given by this machine and not by the worker."""


class SshWorkers:
    """A shard goes to the worker whose number is the bucket of its hosts; while that one is known not to answer, to the
    next that is not. `folder` is the fleet's: relative files lie there.
    """

    here = False

    def __init__(self, settings: SshEngine, folder: Path) -> None:
        self._workers = tuple(settings.workers)
        self._folder = folder
        self._attempts = Attempts()
        # without a lock: the handler of Ctrl-C comes here in the midst of whatever its thread was doing
        self._silent: set[int] = set()

    def submit(self, shard: Shard, order: Order, listen: Listener) -> Attempt:
        number = self._choose(shard)

        def hear(event: Event) -> None:
            if isinstance(event.said, Ended):
                self._remember(number, event.said)
            listen(event)

        return self._attempts.begin(shard, order, hear, functools.partial(self._connect, self._workers[number]))

    def check(self) -> Mapping[str, object]:
        """All are asked at the same time."""
        with ThreadPoolExecutor(len(self._workers)) as pool:
            told = pool.map(self._ask, self._workers)
        return {worker.label: said for worker, said in zip(self._workers, told, strict=True)}

    def close(self) -> None:
        self._attempts.close()

    def _choose(self, shard: Shard) -> int:
        """All hosts of a shard are in the same bucket: that is how they came together."""
        first = bucket(shard.hosts[0], len(self._workers))
        order = [*range(first, len(self._workers)), *range(first)]
        return next((number for number in order if number not in self._silent), first)

    def _remember(self, number: int, ended: Ended) -> None:
        """What the controller ended tells nothing of the worker."""
        unanswered = ended.state == "failed" and (ended.code.startswith("engine/") or ended.code in _UNHEARD)
        if ended.state == "lost" or unanswered:
            self._silent.add(number)
        elif ended.state in {"done", "failed"}:
            self._silent.discard(number)

    def _ask(self, worker: SshWorker) -> Mapping[str, object] | EngineError:
        try:
            return ask(functools.partial(self._connect, worker))
        except EngineError as error:
            return error

    def _connect(self, worker: SshWorker) -> ProcessLink:
        self._check_files(worker)
        try:
            return SshLink(worker, self._folder)
        except (FileNotFoundError, PermissionError) as error:
            raise EngineError(
                "engine/ssh-missing",
                f"{PROGRAM} cannot be started on this machine: {error.strerror}",
                why=f"the worker {worker.label} is reached with it",
                do="install the OpenSSH client (Debian: apt install openssh-client)",
            ) from error
        except OSError as error:
            raise EngineError(
                "worker/not-started",
                f"{PROGRAM} cannot be started on this machine: {error.strerror}",
                why=f"the worker {worker.label} is reached with it",
                do="free memory, processes or open files (ulimit -n) on this machine",
            ) from error

    def _check_files(self, worker: SshWorker) -> None:
        """Without a key ssh says no more than that it was refused."""
        for key, path in files(worker, self._folder).items():
            if not os.access(path, os.R_OK):
                raise EngineError(
                    "engine/ssh-files",
                    f"worker {worker.label}: {key} {path} cannot be read",
                    why="ssh cannot sign in without it, or cannot tell whom it talks to",
                    do=f"correct {key} in smartfleet.yml; files that are not absolute lie in the fleet folder",
                )


class SshLink(ProcessLink):
    """An ssh client, the worker at its other end."""

    def __init__(self, worker: SshWorker, folder: Path) -> None:
        self._answered = False
        self._to = worker
        self._folder = folder
        super().__init__(command(worker, folder), worker.label, self._told)

    def read_line(self, seconds: float) -> bytes | None:
        line = super().read_line(seconds)
        self._answered = self._answered or bool(line)
        return line

    def _told(self, code: int, said: str) -> Ended:
        """What ssh's words mean depends on whether they came before the worker's."""
        if self._answered:
            return broken(self._to.label, code, said)
        return unanswered(self._to.label, by_hand(self._to, self._folder), code, said)
