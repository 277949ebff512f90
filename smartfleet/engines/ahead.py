"""A worker of this machine that is begun before there is anything for it to do, and lists the inventory meanwhile.

Ansible takes as long to be imported as all that a command needs before its first host. Nothing depends on it: what such
a worker cannot do, or fails to do, is done in the usual way, which says what is wrong.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from types import TracebackType
from typing import Any, Self

from smartfleet.engines import wire
from smartfleet.engines.command import WORKER, worker_command
from smartfleet.engines.pipes import ProcessLink
from smartfleet.paths import FLEET_FILE


class Ahead:
    """For a command that will look at hosts of the fleet in `folder`. Leaving the context ends it if nobody took it."""

    def __init__(self, folder: Path) -> None:
        self._link: ProcessLink | None = None
        self._asking = threading.Lock()
        self._over = False
        # in any other folder Ansible would take its settings from whoever left some there
        if not (folder / FLEET_FILE).is_file():
            return
        # without memory or processes the usual way fails as well, and says so
        with contextlib.suppress(OSError):
            self._link = ProcessLink([*worker_command(), "--ahead", str(folder.absolute())], WORKER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if link := self._link:
            link.hang_up()
            # whoever still asks hears its end first
            with self._asking:
                link.close()

    def list(
        self, arguments: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> CompletedProcess[str] | None:
        """How `ansible-inventory` ended with these arguments; None if that is not known. Raises KeyboardInterrupt in a
        thread that still asks when the command ends.
        """
        with self._asking:
            found = self._listing(wire.inventory(arguments, environment, time.time()), time.monotonic() + seconds)
        if self._over:
            raise KeyboardInterrupt
        return CompletedProcess(arguments, found["status"], found["output"], found["errors"]) if found else None

    def take(self) -> ProcessLink | None:
        """The link to the worker, which is then the caller's; None if there is none, or it was taken before."""
        with self._asking:
            link, self._link = self._link, None
        if link is not None and link.ended():
            link.close()
            return None
        return link

    def _listing(self, question: bytes, limit: float) -> dict[str, Any] | None:
        link = self._link
        # what it says in the end, if anything, is no listing; neither is what comes too late
        with contextlib.suppress(OSError, ValueError):
            if link is not None:
                link.write(question)
                while line := link.read_line(max(0.0, limit - time.monotonic())):
                    said = json.loads(line)
                    if "listing" in said:
                        found: dict[str, Any] | None = said["listing"]
                        return found
        return None
