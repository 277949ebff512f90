"""What a worker said of one attempt, made into events that can be relied on. Pure: lines in, events out.

A worker's words are untrusted. Whatever it says, an attempt's events are numbered without a gap, name no host beyond
the shard's, and end once.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from smartfleet.engines.answers import Answer, TaskState
from smartfleet.engines.protocol import Ended, EndState, Event
from smartfleet.engines.shard import Shard

_STATES = get_args(TaskState)
_ENDS = tuple(state for state in get_args(EndState) if state != "lost")
_LONGEST = 4000


class Ledger:
    """`about`: what the worker said of itself, None before its hello. `over`: the terminal event was made."""

    def __init__(self, shard: Shard) -> None:
        self.about: dict[str, Any] | None = None
        self.over = False
        self._shard = shard
        self._hosts = frozenset(shard.hosts)
        self._heard = 0
        self._told = 0

    def take(self, line: bytes) -> Event | None:
        """What a line of the worker amounts to; None for what is none of the listener's business."""
        if self.over:
            return None
        try:
            return self._understood(json.loads(line))
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
            return self.end(self._garbled("a line that is none of a worker's"))

    def end(self, ended: Ended) -> Event | None:
        """The terminal event, unless there was one."""
        if self.over:
            return None
        self.over = True
        return self._event(ended)

    def _understood(self, said: dict[str, Any]) -> Event | None:
        if "hello" in said:
            self.about = dict(said["hello"])
            return None
        if "beat" in said:
            missed = said["beat"] != self._heard
            return self.end(self._garbled("a beat after lines that never came")) if missed else None
        if said["number"] != self._heard + 1:
            return self.end(self._garbled(f"line {self._heard + 1} never came"))
        self._heard += 1
        return self.end(_ended(said["ended"])) if "ended" in said else self._answer(said)

    def _answer(self, said: dict[str, Any]) -> Event | None:
        host, action, state, result = said["host"], said["action"], said["state"], said["result"]
        if state not in _STATES or not isinstance(action, str) or not isinstance(result, dict):
            raise ValueError("no answer")
        return self._event(Answer(host, action, state, result)) if host in self._hosts else None

    def _garbled(self, what: str) -> Ended:
        """Whether the worker could have begun, whoever sent the payload knows."""
        return (_strange if self.about is None else _broken)(f"the worker's words cannot be followed: {what}")

    def _event(self, said: Answer | Ended) -> Event:
        self._told += 1
        return Event(self._shard.shard, self._shard.attempt, self._told, said)


def _ended(said: dict[str, Any]) -> Ended:
    """KeyError, TypeError or ValueError if these are no words of a worker. Only the controller says `lost`."""
    if said["state"] not in _ENDS:
        raise ValueError("no end")
    output, code, message, why, do = (
        str(said[name])[-_LONGEST:] for name in ("output", "code", "message", "why", "do")
    )
    return Ended(said["state"], bool(said["begun"]), int(said["rc"]), output, code, message, why, do)


def _strange(message: str) -> Ended:
    """Of what spoke before the worker's hello."""
    return Ended(
        "lost",
        begun=True,
        code="worker/garbled",
        message=message,
        why="something else than a worker speaks there, and gets no shard",
        do="the worker's login prints text: use the forced command, docs/engines.md 'ssh'",
    )


def _broken(message: str) -> Ended:
    return Ended(
        "lost",
        begun=True,
        code="worker/garbled",
        message=message,
        why="nobody knows what became of the hosts that had not reported",
        do="nothing at once: these hosts are audited before they are tried again",
    )
