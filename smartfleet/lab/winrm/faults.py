"""Faults on demand: what a test or a scenario makes go wrong on one endpoint, at any time while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smartfleet.lab.winrm.machine import ModuleCall


@dataclass(frozen=True)
class DropDuring:
    """Cut the connection while a module works: its work goes on, its answer is lost.

    `module` is the last part of the name, `where` what its arguments must say. The cut comes `after` seconds of work.
    For `deaf` seconds nobody gets through then: a client that reconnects at once ends the process by its Signal.
    """

    module: str
    where: Mapping[str, Any] = field(default_factory=dict)
    after: float = 0.0
    deaf: float = 0.0

    def fits(self, call: ModuleCall) -> bool:
        named = call.name.rpartition(".")[2] == self.module
        return named and all(call.arguments.get(key) == value for key, value in self.where.items())


@dataclass
class Faults:
    """Every default is a healthy service."""

    delay: float = 0.0
    """Seconds before each answer."""
    reject_logins: bool = False
    """401 to everybody."""
    deny_access: bool = False
    """Access denied (5), as accounts get that are no administrators or whose token is filtered."""
    max_shells: int = 30
    """MaxShellsPerUser."""
    max_operations: int = 1500
    """MaxConcurrentOperationsPerUser; a shell's commands count until the shell is deleted."""
    deleted_keys: int = 0
    """The next n Creates fail with 1018."""
    receive_limit: float | None = None
    """A Receive waits at most this many seconds, then says TimedOut; without it, as long as the client allows."""
    send_timeouts: int = 0
    """The next n Sends are taken, but answered with TimedOut."""
    drop_at: int = 0
    """The n-th request from now gets no answer, its connection is cut; the request is carried out."""
    drop_during: DropDuring | None = None
    """Once; gone when it happened."""

    def heal(self) -> None:
        """Back to a healthy service."""
        vars(self).update(vars(Faults()))

    def takes_one(self, name: str) -> bool:
        """Counts down one of the ``int`` faults; True if there was one left."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0

    def drops_now(self) -> bool:
        """Whether this request is the one that `drop_at` speaks of."""
        return self.takes_one("drop_at") and self.drop_at == 0
