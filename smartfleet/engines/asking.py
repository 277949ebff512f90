"""Asks a worker what it is and whether it would do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping

from smartfleet.engines.ledger import Ledger
from smartfleet.engines.link import Link
from smartfleet.engines.playbooks import playbooks_digest
from smartfleet.engines.protocol import Ended
from smartfleet.engines.shard import Shard
from smartfleet.engines.wire import question
from smartfleet.errors import EngineError


def ask(connect: Callable[[], Link], seconds: float = 30.0) -> Mapping[str, object]:
    """What the worker says of itself. EngineError if it does not answer, or would refuse shards."""
    link = connect()
    try:
        # what a worker that is gone says, if anything, is read below
        with contextlib.suppress(OSError):
            link.write(question(playbooks_digest(), time.time()))
        asked = time.monotonic()
        about = _heard(link, asked + seconds)
        return _at_once(about, time.monotonic() - asked)
    finally:
        link.close()


def _at_once(about: Mapping[str, object], seconds: float) -> Mapping[str, object]:
    """As if it had answered when it was asked: what its program takes to start is no difference of clocks."""
    ahead = about.get("ahead")
    return {**about, "ahead": ahead - seconds} if isinstance(ahead, int | float) else about


def _heard(link: Link, limit: float) -> Mapping[str, object]:
    ledger = Ledger(Shard("", "", 0, (), "", "", 0.0))
    while (left := limit - time.monotonic()) > 0:
        line = link.read_line(left)
        if line == b"":
            raise _error(link.why())
        event = ledger.take(line) if line else None
        if event is not None and isinstance(event.said, Ended):
            raise _error(event.said)
        if ledger.about is not None:
            return ledger.about
    raise EngineError(
        "worker/silent",
        f"the worker {link.worker} does not answer",
        why="shards would wait for it",
        do="look at that machine: is it too busy, and can `smartfleet worker` be started there?",
    )


def _error(ended: Ended) -> EngineError:
    return EngineError(ended.code, ended.message, why=ended.why, do=ended.do)
