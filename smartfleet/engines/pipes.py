"""A link to a worker that is a child process, on its pipes: this machine's own, or `ssh` with one at its other end."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from smartfleet.engines.protocol import Ended
from smartfleet.engines.wire import LONGEST_LINE
from smartfleet.text import visible

Explain = Callable[[int, str], Ended]
"""Why a program ended before its time, from its exit status and the end of what it wrote on stderr."""
_TAIL = 4000
_PATIENCE = 10.0
_BLOCK = 1 << 18
_CLOSED = -1


def died(status: int, words: str) -> Ended:
    """Of a worker on this machine."""
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    last = words.strip().rpartition("\n")[2]
    return Ended(
        "lost",
        begun=True,
        rc=status,
        output=words,
        code="worker/died",
        message=f"the worker ended without a word ({how}){': ' + visible(last) if last else ''}",
        why="what became of the hosts that had not reported is not known",
        do="smartfleet engines",
    )


class ProcessLink:
    """`environment` is the program's own; None is this process's. Raises OSError if the program cannot be started.

    The program has a session of its own, so that Ctrl-C in the terminal reaches only the command, which decides what it
    means. Its stderr stays open until nothing of it is left: a worker's watcher holds it.
    """

    def __init__(
        self,
        command: Sequence[str],
        worker: str,
        explain: Explain = died,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.worker = worker
        self._explain = explain
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,
        )
        # Popen's pipes are None only where none were asked for
        assert self._process.stdin and self._process.stdout and self._process.stderr  # noqa: S101, PT018
        self._into = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._from, selectors.EVENT_READ)
        self._begun = bytearray()
        self._lines: deque[bytes] = deque()
        self._words = bytearray()
        self._writing = threading.Lock()
        self._listener = threading.Thread(target=self._keep_words, daemon=True)
        self._listener.start()

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        with self._writing:
            while view:
                view = view[os.write(self._into, view) :]

    def read_line(self, seconds: float) -> bytes | None:
        limit = time.monotonic() + seconds
        while not self._lines:
            if not self._ready.select(max(0.0, limit - time.monotonic())):
                return None
            block = os.read(self._from, _BLOCK)
            if not block or len(self._begun) > LONGEST_LINE:
                return b""
            self._split(block)
        return self._lines.popleft()

    def ended(self) -> bool:
        return self._process.poll() is not None

    def hang_up(self) -> None:
        """The program sees the end of its input."""
        with self._writing:
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._into = _CLOSED

    def why(self) -> Ended:
        self._settle(_PATIENCE)
        return self._explain(self._process.poll() or 0, self._words.decode(errors="replace"))

    def close(self) -> None:
        """A worker that ended by itself is only waited for. Others are told to end (TERM), at last killed; then too all
        below them ends, for their watchers see to that.
        """
        if not self._settle(1.0):
            self._process.terminate()
            if not self._settle(_PATIENCE):
                self._process.kill()
                self._settle(_PATIENCE)
        self._let_go()

    def _let_go(self) -> None:
        """Nobody is kept from this by a writer: with the program gone, writing fails."""
        self._ready.close()
        with self._writing:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._into = self._from = _CLOSED

    def _split(self, block: bytes) -> None:
        head, *rest = block.split(b"\n")
        self._begun += head
        for piece in rest:
            self._lines.append(bytes(self._begun) + b"\n")
            self._begun = bytearray(piece)

    def _settle(self, seconds: float) -> bool:
        """Whether the program has ended, and all that holds its stderr."""
        limit = time.monotonic() + seconds
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._listener.join(max(0.0, limit - time.monotonic()))
        return not self._listener.is_alive()

    def _keep_words(self) -> None:
        pipe = self._process.stderr
        assert pipe  # noqa: S101 - see __init__
        with pipe, contextlib.suppress(OSError):
            while block := os.read(pipe.fileno(), _BLOCK):
                self._words += block
                del self._words[:-_TAIL]
