"""One attempt on its way, over any link: what is said to the worker, and when it counts as lost.

The payload goes out after the worker's hello, and the worker begins nothing before it has all of it. So an attempt that
ends without a terminal event is lost only if the payload's last piece was on its way; else nothing was begun. A worker
that had begun and ended it before its time, unasked, is lost as well: whatever it says, nobody knows what became of the
hosts that had not reported.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from smartfleet.engines.ledger import Ledger
from smartfleet.engines.link import Link
from smartfleet.engines.order import Order
from smartfleet.engines.playbooks import playbooks_digest
from smartfleet.engines.protocol import Ended, Event, Listener
from smartfleet.engines.shard import Shard
from smartfleet.engines.wire import BEAT, CANCEL, STOP, beats, header
from smartfleet.errors import EngineError

GRACE = 20.0
"""Seconds that a worker has for ending all that it does when it is told to; then its link is closed."""
_LOOK = 0.25
_STARTING = 3
"""How many times the silence a worker has until its hello: on a busy machine a program takes long to start, and given
up too soon its hosts would be told refused, though nothing is wrong. Nothing is begun meanwhile.
"""
_NEVER = float("inf")


class Dialogue:
    """An `Attempt`. `connect` may take its time: it is called in a thread of the attempt's own; an EngineError of it is
    the attempt's end.
    """

    def __init__(self, shard: Shard, order: Order, listen: Listener, connect: Callable[[], Link]) -> None:
        self._shard = shard
        self._order = order
        self._listen = listen
        self._connect = connect
        self._ledger = Ledger(shard)
        self._changed = threading.Condition()
        self._link: Link | None = None
        self._greeted = False
        self._sent = False
        self._stop = False
        self._cancel = False
        self._too_late = _NEVER
        self._thread: threading.Thread | None = None

    @property
    def worker(self) -> str:
        return self._link.worker if self._link else ""

    def start(self, over: Callable[[], object]) -> None:
        """`over` is called after the terminal event, once nothing is left to wait for."""

        def carry() -> None:
            try:
                self._carry()
            finally:
                over()

        thread = threading.Thread(target=carry, daemon=True, name=f"smartfleet-{self._shard.key}")
        try:
            thread.start()
        except RuntimeError as error:
            self._end(_fault(error, begun=False))
            over()
            return
        self._thread = thread

    def stop(self) -> None:
        with self._changed:
            self._stop = True
            self._let_go_unsent()
            self._changed.notify_all()

    def cancel(self) -> None:
        with self._changed:
            if not self._cancel:
                self._cancel = True
                self._too_late = time.monotonic() + GRACE
            self._let_go_unsent()
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Waits until all is over, but not for ever."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _let_go_unsent(self) -> None:
        """The way to a worker may be waited for long: this thread tells the end, nobody else will."""
        if self._link is None:
            self._tell(self._ledger.end(_unsent(cancel=self._cancel)))

    def _carry(self) -> None:
        try:
            link = self._connect()
            with self._changed:
                self._link = link
            if self._ledger.over:
                link.close()
            else:
                self._talk(link)
        except EngineError as error:
            self._lose(refused(error))
        except Exception as error:  # noqa: BLE001 - without its end whoever submitted the attempt would wait for ever
            self._lose(_fault(error, begun=self._sent))

    def _talk(self, link: Link) -> None:
        speaker = threading.Thread(target=self._speak, args=(link,), daemon=True)
        try:
            speaker.start()
            self._hear(link)
        finally:
            with self._changed:
                self._changed.notify_all()
            link.close()
        speaker.join()

    def _hear(self, link: Link) -> None:
        heard = time.monotonic()
        while not self._ledger.over:
            line = link.read_line(_LOOK)
            if line == b"":
                self._lose(link.why())
            elif line:
                heard = time.monotonic()
                self._take(line)
            elif time.monotonic() - heard > self._silence or time.monotonic() > self._too_late:
                try:
                    # what can be ended is, before anybody is told that the rest is unknown
                    link.close()
                finally:
                    self._lose(_silent(link.worker))
            if self._unwanted and not self._sent:
                self._end(_unsent(cancel=self._cancel))

    @property
    def _silence(self) -> float:
        return self._order.silence * (1 if self._greeted else _STARTING)

    def _take(self, line: bytes) -> None:
        event = self._ledger.take(line)
        with self._changed:
            if self._ledger.about is not None and not self._greeted:
                self._greeted = True
                self._changed.notify_all()
        if event is not None and isinstance(event.said, Ended) and self._is_loss(event.said):
            event = replace(event, said=self._loss(event.said))
        self._tell(event)

    def _is_loss(self, ended: Ended) -> bool:
        unasked = ended.state == "failed" or (ended.state == "cancelled" and not self._cancel)
        return ended.state == "lost" or (unasked and ended.begun)

    def _loss(self, ended: Ended) -> Ended:
        """What the hosts' state is then said to be depends on whether the worker could have begun."""
        if self._sent:
            return replace(ended, state="lost", begun=True)
        return _unsent(cancel=self._cancel) if self._unwanted else replace(ended, state="failed", begun=False)

    @property
    def _unwanted(self) -> bool:
        return self._cancel or self._stop

    def _lose(self, ended: Ended) -> None:
        with self._changed:
            self._end(self._loss(ended))

    def _end(self, ended: Ended) -> None:
        with self._changed:
            self._tell(self._ledger.end(ended))
            self._changed.notify_all()

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self._listen(event)

    def _speak(self, link: Link) -> None:
        # a worker that takes nothing any more is heard of, or not, by the other thread
        with contextlib.suppress(OSError):
            link.write(header(self._shard, self._order, playbooks_digest(), time.time()))
            if self._wait_for_hello() and self._send(link):
                self._attend(link)

    def _wait_for_hello(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._greeted or self._unwanted or self._ledger.over)
            return self._greeted and not self._unwanted and not self._ledger.over

    def _send(self, link: Link) -> bool:
        """Whether all of the payload went out. From the moment before its last piece does, it may be begun."""
        for piece, last in _marked(self._order.chunks()):
            with self._changed:
                if self._unwanted or self._ledger.over:
                    return False
                self._sent = last
            link.write(piece)
        return True

    def _attend(self, link: Link) -> None:
        """Says now and then that the controller is there, and what it wishes."""
        stopped = False
        while True:
            with self._changed:
                if not (self._cancel or self._ledger.over or self._stop is not stopped):
                    self._changed.wait(beats(self._order.silence))
                cancel, over, stop = self._cancel, self._ledger.over, self._stop
            if over:
                return
            if cancel:
                link.write(CANCEL)
                return
            link.write(STOP if stop is not stopped else BEAT)
            stopped = stop


def _marked(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each with whether it is the last."""
    waiting: bytes | None = None
    for piece in pieces:
        if waiting is not None:
            yield waiting, False
        waiting = piece
    if waiting is not None:
        yield waiting, True


def refused(error: EngineError) -> Ended:
    """How an attempt ends that no worker was found for."""
    return Ended("failed", begun=False, code=error.code, message=error.message, why=error.why, do=error.do)


def _unsent(*, cancel: bool) -> Ended:
    """Of a shard that no worker had all of when nobody wanted it any more."""
    word = "cancelled" if cancel else "stopped"
    return Ended("cancelled", begun=False, code="cancelled", message=f"{word} before the worker began")


def _fault(error: Exception, *, begun: bool) -> Ended:
    """Its words stay out: they may hold anything of what was at hand."""
    return Ended(
        "lost" if begun else "failed",
        begun=begun,
        code="engine/fault",
        message=f"this machine could not go on with the shard ({type(error).__name__})",
        why="nothing more is heard of its worker" if begun else "nothing was begun on its hosts",
        do="look at this machine (memory, processes, open files), try again; else report it as a fault of smartfleet",
    )


def _silent(worker: str) -> Ended:
    return Ended(
        "lost",
        begun=True,
        code="worker/silent",
        message=f"nothing was heard any more from the worker {worker}",
        why="nobody knows what it still does; it ends all by itself once it hears nothing from the controller",
        do="smartfleet engines",
    )
