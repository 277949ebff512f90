"""A process beside the worker that outlives it when it is killed (kill -9), and ends what it had begun.

It is forked before the worker has threads, and holds the worker's stderr open: whoever reads that to its end knows
that nothing of the worker is left.
"""

from __future__ import annotations

import contextlib
import os
import signal

from smartfleet.engines.worker.workspace import Workspace
from smartfleet.processes import end_tree

_BYE = b"bye"


class Watcher:
    """The worker's end of the pipe between the two."""

    def __init__(self, workspace: Workspace, voice: int) -> None:
        """`voice`: the descriptor to which the worker alone writes."""
        end, self._pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            # whatever happens in here, the worker's code must not be run twice
            try:
                os.close(self._pipe)
                os.close(voice)
                _watch(end, workspace)
            finally:
                os._exit(0)
        os.close(end)

    def mind(self, pid: int) -> None:
        """From now on this process and all below it are ended with the worker."""
        os.write(self._pipe, b"%d\n" % pid)

    def dismiss(self) -> None:
        """All has ended, and nothing is left to remove."""
        with contextlib.suppress(OSError):
            os.write(self._pipe, _BYE + b"\n")
        os.close(self._pipe)
        os.waitpid(self.pid, 0)


def _watch(end: int, workspace: Workspace) -> None:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # the controller must see that the worker's own ends of its pipes are closed
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    with os.fdopen(end, "rb") as pipe:
        words = pipe.read().split()
    if words[-1:] == [_BYE]:
        return
    for word in words:
        end_tree(int(word))
    workspace.remove()
