"""One shard's playbook run: the program that runs it, what goes in, what comes out, and its end before its time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import threading
import time

from smartfleet.engines.answers import Answer
from smartfleet.engines.protocol import Ended
from smartfleet.engines.spool import BLOCK
from smartfleet.engines.wire import CANCEL, STOP
from smartfleet.engines.worker.ending import Reason, ended
from smartfleet.engines.worker.handing import SETTINGS, hand_over
from smartfleet.engines.worker.incoming import Incoming, Silence
from smartfleet.engines.worker.place import Place, together
from smartfleet.engines.worker.request import Request
from smartfleet.engines.worker.translating import Told
from smartfleet.engines.worker.voice import Voice
from smartfleet.engines.worker.watcher import Watcher
from smartfleet.engines.worker.workspace import Workspace
from smartfleet.processes import descendants, end_tree

_HELD = 64
"""The payload's last bytes, which end the stream: without them the program begins nothing."""
_ALONE: frozenset[Reason] = frozenset({"gone", "silent"})
_LAST_WORDS = 10.0
"""Seconds for telling a controller that is gone how it ended, and for removing the folder."""


class Shift:
    """`_reason`: why the program was ended, if it was. `_begun`: it has all of the payload. `_moved`: when a host was
    last heard of, once one was. `_lock` is held while the program is being ended, so that nothing is said to be over
    before it is.
    """

    def __init__(self, request: Request, incoming: Incoming, workspace: Workspace) -> None:
        self._request = request
        self._incoming = incoming
        self._workspace = workspace
        self._lock = threading.Lock()
        self._reason: Reason | None = None
        self._begun = False
        self._moved: float | None = None
        self._over = False

    def carry(self, program: subprocess.Popen[bytes], voice: Voice, watcher: Watcher) -> Ended:
        """Returns once nothing of the program is left. If the controller is gone, the last words may find nobody: then
        this process ends in here, and the watcher removes the folder.
        """
        signal.signal(signal.SIGTERM, lambda *_: self._end_soon(program))
        threading.Thread(target=self._obey, args=(program,), daemon=True).start()
        told = Told()

        def tell(answer: Answer) -> None:
            self._moved = time.monotonic()
            voice.answer(answer.host, answer.action, answer.state, answer.result)

        assert program.stdout  # noqa: S101 - Popen's pipe is None only where none was asked for
        told.read(program.stdout, tell)
        status = program.wait()
        with self._lock:
            self._over = True
        words = self._workspace.words.read_text(encoding="utf-8", errors="replace")
        end = ended(self._reason, status, told, words, begun=self._begun)
        if end.state != "done":
            _end_orphans(watcher.pid)
        return end

    def start(self, place: Place) -> subprocess.Popen[bytes]:
        """The program, which begins nothing before it has all of the payload. Raises OSError."""
        if self._request.inventory is None:
            return place.carry(self._request, {})
        hand_over(self._request.inventory, place.workspace.folder)
        return place.carry(self._request, SETTINGS)

    def _obey(self, program: subprocess.Popen[bytes]) -> None:
        """Brings the payload, then does what the controller says, until it says no more."""
        try:
            reason = self._feed(program) or self._attend()
        except Silence:
            reason = "silent"
        except OSError:
            # the program takes no more: its own end tells why
            return
        self._end(program, reason)
        if reason in _ALONE:
            # a link that is full holds whoever writes for as long as TCP waits
            time.sleep(_LAST_WORDS)
            os._exit(1)

    def _feed(self, program: subprocess.Popen[bytes]) -> Reason | None:
        left, held, total = self._request.size, b"", hashlib.sha256()
        assert program.stdin  # noqa: S101 - as above
        while left:
            block = self._incoming.block(min(left, BLOCK), self._request.silence)
            if not block:
                return "gone"
            total.update(block)
            left -= len(block)
            held += block
            program.stdin.write(held[:-_HELD])
            held = held[-_HELD:]
        if total.hexdigest() != self._request.sha256:
            return "damaged"
        self._begun = True
        # and is left open: its end would mean that this worker is gone
        program.stdin.write(held)
        program.stdin.flush()
        return None

    def _attend(self) -> Reason:
        """Raises Silence. The controller's beats come often enough to look what else there is."""
        heard, stopped = time.monotonic(), False
        while not self._is_stuck():
            left = heard + self._request.silence - time.monotonic()
            until_deadline = self._request.deadline - time.time()
            try:
                line = self._incoming.line(max(0.0, left if stopped else min(left, until_deadline)))
            except Silence:
                if stopped or time.time() < self._request.deadline:
                    raise
                self._stop()
                stopped = True
                continue
            heard = time.monotonic()
            if line in {CANCEL, b""}:
                return "cancelled" if line else "gone"
            if line == STOP:
                self._stop()
                stopped = True
        return "stuck"

    def _is_stuck(self) -> bool:
        """Of reading alone, where hosts share a process, and one's code that does not end keeps all others waiting:
        there no task's time limit helps.
        """
        moved = self._moved
        late = moved is not None and time.monotonic() - moved > self._request.patience
        return late and together(self._request)

    def _stop(self) -> None:
        with contextlib.suppress(OSError):
            self._workspace.stop_file.touch()

    def _end_soon(self, program: subprocess.Popen[bytes]) -> None:
        """From a signal handler, which must not wait."""
        threading.Thread(target=self._end, args=(program, "terminated"), daemon=True).start()

    def _end(self, program: subprocess.Popen[bytes], reason: Reason) -> None:
        with self._lock:
            if not self._over:
                self._reason = self._reason or reason
                end_tree(program.pid)


def _end_orphans(watcher: int) -> None:
    """What an Ansible that was killed leaves behind; `watcher` is no part of it."""
    for pid in descendants(os.getpid()):
        if pid != watcher:
            end_tree(pid)
