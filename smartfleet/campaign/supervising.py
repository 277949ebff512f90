"""Shards under way at their engines: one queue for all that they tell, and one hand that stops or cancels them."""

from __future__ import annotations

import queue as queues
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from smartfleet.campaign.interrupts import Interrupts
from smartfleet.engines.answers import Answer
from smartfleet.engines.dialogue import GRACE, refused
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Attempt, Ended, Engine, Event
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError

_LOOK = 0.2
_OF_THE_SHARD = frozenset({"engine/same-attempt", "engine/no-worker"})
"""What an engine refuses one shard for. For any other reason it would refuse the next one too, after as long a wait."""
_FILES, _MANY = 6, 1000
"""Files that a shard on its way keeps open (its payload, pipes to a program), and how many shards there are at most."""


@dataclass(frozen=True)
class Assigned:
    """`exact`: an inventory of the shard's hosts alone, with their passwords; None where only the admin's will do."""

    shard: Shard
    engine: Engine
    exact: str | None = field(repr=False)


Judge = Callable[[Shard, Ended, str], Iterable[Answer]]
"""Told once of each shard's end and of its worker, in the order they come; answers for hosts that said nothing."""


class Supervision:
    """`keep_going` is asked several times a second; False, as one Ctrl-C, stops all shards: no further host is begun.
    A second Ctrl-C cancels them. `told` gets every answer. Everything is called in the thread that calls `carry`.
    """

    def __init__(
        self,
        keep_going: Callable[[], bool],
        told: Callable[[Answer], None],
        notify: Callable[[str], None],
        judge: Judge,
    ) -> None:
        self.ends: list[Ended] = []
        self._keep_going = keep_going
        self._told = told
        self._notify = notify
        self._judge = judge
        self._events: queues.SimpleQueue[Event] = queues.SimpleQueue()
        self._attempts: dict[str, Attempt] = {}
        self._shards: dict[str, Shard] = {}
        self._unusable: list[tuple[Engine, Ended]] = []
        self._stopped = False
        self._cancelled = False
        self._interrupts = Interrupts(self._finish, self._abandon)

    @property
    def interrupted(self) -> bool:
        return self._interrupts.count > 0

    def carry(self, assigned: Iterable[Assigned], pack: Callable[[Assigned], Order]) -> None:
        """Returns once every shard has come to its end. Whatever is raised in here, no shard goes on.

        An engine that cannot be used is asked once. As many shards are on their way at once as this process may have
        files open for; the others wait until one ends. `pack` may raise EngineError, which ends its shard.
        """
        limit = _at_once()
        with self._interrupts.caught():
            try:
                for one in assigned:
                    self._make_room(limit)
                    self._submit(one, pack)
                while self._attempts:
                    self._turn(_LOOK)
            finally:
                self._end_rest()

    def _submit(self, one: Assigned, pack: Callable[[Assigned], Order]) -> None:
        if self._stopped or not self._keep_going():
            end = Ended("cancelled", begun=False, code="cancelled", message="stopped before it began")
            self._close(one.shard, end, "")
            return
        known = next((end for engine, end in self._unusable if engine is one.engine), None)
        sent = known or self._sent(one, pack)
        if isinstance(sent, Ended):
            self._close(one.shard, sent, "")
            return
        self._shards[one.shard.shard] = one.shard
        self._attempts[one.shard.shard] = sent
        # Ctrl-C may have come while it was on its way
        self._wish(sent)

    def _sent(self, one: Assigned, pack: Callable[[Assigned], Order]) -> Attempt | Ended:
        """An end if it could not be sent."""
        try:
            order = pack(one)
        except EngineError as error:
            return refused(error)
        try:
            return one.engine.submit(one.shard, order, self._events.put)
        except EngineError as error:
            end = refused(error)
            if error.code not in _OF_THE_SHARD:
                self._unusable.append((one.engine, end))
            return end

    def _make_room(self, limit: int) -> None:
        """Hears what was said meanwhile: to send a shard off may take long."""
        for _ in range(self._events.qsize()):
            self._turn(0)
        while len(self._attempts) >= limit:
            self._turn(_LOOK)

    def _turn(self, seconds: float) -> None:
        if not self._keep_going():
            self._stop()
        try:
            event = self._events.get(timeout=seconds)
        except queues.Empty:
            return
        if isinstance(event.said, Answer):
            self._told(event.said)
        else:
            worker = self._attempts[event.shard].worker
            self._close(self._forget(event.shard), event.said, worker)

    def _close(self, shard: Shard, end: Ended, worker: str) -> None:
        self.ends.append(end)
        for answer in self._judge(shard, end, worker):
            self._told(answer)

    def _forget(self, name: str) -> Shard:
        del self._attempts[name]
        return self._shards.pop(name)

    def _finish(self) -> None:
        self._stop()
        self._notify("stopping: running hosts finish, no other is begun; Ctrl-C again cancels them")

    def _abandon(self) -> None:
        self._cancelled = True
        self._stop()
        self._notify("cancelling")

    def _stop(self) -> None:
        self._stopped = True
        for attempt in list(self._attempts.values()):
            self._wish(attempt)

    def _wish(self, attempt: Attempt) -> None:
        if self._stopped:
            attempt.stop()
        if self._cancelled:
            attempt.cancel()

    def _end_rest(self) -> None:
        """Only an error leaves any: they are cancelled, and nobody is told of them any more."""
        for attempt in self._attempts.values():
            attempt.cancel()
        limit = time.monotonic() + 2 * GRACE
        while self._attempts and (left := limit - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=left)
            except queues.Empty:
                return
            if isinstance(event.said, Ended):
                self._forget(event.shard)


def _at_once() -> int:
    """How many shards may be on their way together."""
    files, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MANY if files == resource.RLIM_INFINITY else max(1, min(_MANY, files // _FILES))


def without_result(answer: Answer) -> Answer:
    """What is kept of an answer whose result somebody else took: thousands of hosts' facts would fill the memory."""
    return replace(answer, result={}) if answer.state == "ok" else answer
