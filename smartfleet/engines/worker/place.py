"""Where a shard is carried out: its private folder, who watches over it, and the program at work in it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from smartfleet.engines.worker.incoming import Incoming, Silence
from smartfleet.engines.worker.request import Request
from smartfleet.engines.worker.waiting import waiting
from smartfleet.engines.worker.watcher import Watcher
from smartfleet.engines.worker.workspace import Workspace
from smartfleet.paths import data_folder
from smartfleet.processes import adopt_orphans, end_tree
from smartfleet.reading import reads
from smartfleet.reading.suiting import suits

# whatever lies in the current folder is no module of ours
_PYTHON = (sys.executable, "-P", "-m")
_READING, _RUNNING = "smartfleet.reading", "smartfleet.engines.worker.runner"
_LOOK = 0.25


def together(request: Request) -> bool:
    """Whether one process looks at all hosts: both programs take the same stream and tell the same events, but only
    looking needs no process for each host, if these hosts can share one. What the admin's own inventory says is not
    known here.
    """
    return reads(request.playbook) and (request.inventory is None or suits(request.inventory))


@dataclass
class Place:
    """To be made before this process has threads. `program`: what was begun in it, None before that."""

    workspace: Workspace
    watcher: Watcher
    program: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @classmethod
    def make(cls, voice: int, folder: str = "") -> Self:
        """`voice` as for `Watcher`, `folder` as for `Workspace`. OSError, with nothing left, if it cannot be made."""
        workspace = Workspace.make(data_folder("playbooks"), folder)
        try:
            place = cls(workspace, Watcher(workspace, voice))
        except OSError:
            workspace.remove()
            raise
        adopt_orphans()
        return place

    @classmethod
    def ahead(cls, voice: int, fleet: Path) -> Self | None:
        """With Ansible being imported there for a request that is to come. None where that cannot be done: whoever
        carries out the request says why.
        """
        with contextlib.suppress(OSError):
            place = cls.make(voice)
            try:
                place.begin(_READING, {}, "--ahead", str(fleet))
            except OSError:
                place.leave()
            else:
                return place
        return None

    def carry(self, request: Request, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """The program for this request, which begins nothing before it has all of the payload. Raises OSError."""
        if self.program is None:
            if together(request):
                return self.begin(_READING, settings)
            patience = {} if request.configured else waiting(os.environ)
            return self.begin(_RUNNING, {**patience, **settings})
        self._say(self.program, {"environment": settings})
        return self.program

    def begin(self, program: str, settings: Mapping[str, str], *more: str) -> subprocess.Popen[bytes]:
        """Begins `program` with the settings of this process, of the folder and these. Raises OSError."""
        with self.workspace.words.open("wb") as words:
            self.program = subprocess.Popen(
                [*_PYTHON, program, "worker", "--private-data-dir", str(self.workspace.folder), *more],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**self.workspace.environment(os.environ), **settings},
            )
        self.watcher.mind(self.program.pid)
        return self.program

    def suits(self, request: Request) -> bool:
        """Whether what was begun ahead can carry it out: it looks, at hosts whose inventory comes along, in a folder
        that the controller has not chosen.
        """
        alive = self.program is not None and self.program.poll() is None
        return alive and not request.folder and request.inventory is not None and together(request)

    def list(self, request: Request, incoming: Incoming) -> Mapping[str, Any] | None:
        """What Ansible says of an inventory; None if it ended, or if the controller does not wait for that any more."""
        program = self.program
        if program is None or program.stdout is None:
            return None
        answers = Incoming(program.stdout.fileno())
        try:
            self._say(program, {"list": request.arguments, "environment": request.environment})
            while not incoming.waiting():
                with contextlib.suppress(Silence):
                    said = json.loads(answers.line(_LOOK) or b'{"listing": null}')
                    if "listing" in said:
                        found: Mapping[str, Any] | None = said["listing"]
                        return found
        except OSError:
            # it takes no more
            return None
        return None

    def leave(self) -> None:
        """Nothing of it stays: no program, no folder."""
        # the number of a process that was waited for may be another one's
        if self.program is not None and self.program.poll() is None:
            end_tree(self.program.pid)
            self.program.wait()
        self.workspace.remove()
        self.watcher.dismiss()

    @staticmethod
    def _say(program: subprocess.Popen[bytes], line: Mapping[str, object]) -> None:
        assert program.stdin  # noqa: S101 - Popen's pipe is None only where none was asked for
        program.stdin.write(json.dumps(line).encode() + b"\n")
        program.stdin.flush()
