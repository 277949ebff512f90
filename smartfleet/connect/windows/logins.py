"""Passwords tried in one run of the doctor: one that a host refused is not tried at the next.

A domain counts wrong passwords over all its machines, and locks the account after a few: asking two hundred hosts with
a wrong one would lock it for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

Verdict = Callable[[Literal["accepted", "refused"]], None]


class KnownBad(Exception):  # noqa: N818 - control flow: caught where the login is tried
    """The password was refused already."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


@dataclass
class _Account:
    """What became of one account with one password."""

    turn: Lock = field(default_factory=Lock)
    accepted: bool = False
    refused_by: str = ""


class Logins:
    """Shared by all hosts of a run."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._accounts: dict[Hashable, _Account] = {}

    @contextmanager
    def turn(self, key: Hashable, host: str) -> Iterator[Verdict]:
        """One try with an account and its password; others with the same wait until its verdict is said.

        `KnownBad` if it was refused before. After an accepted one, tries go side by side.
        """
        with self._lock:
            account = self._accounts.setdefault(key, _Account())
        with account.turn:
            if account.refused_by:
                raise KnownBad(account.refused_by)
            if not account.accepted:

                def say(verdict: Literal["accepted", "refused"]) -> None:
                    account.accepted = verdict == "accepted"
                    account.refused_by = host if verdict == "refused" else ""

                yield say
                return
        yield lambda _verdict: None
