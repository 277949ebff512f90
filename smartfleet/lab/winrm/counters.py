"""What went over the wire of one machine."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Traffic:
    """Bytes are those of HTTP: headers and bodies, encrypted or not, without TLS."""

    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    def add(self, bytes_in: int, bytes_out: int) -> None:
        self.requests += 1
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out


@dataclass
class CommandTraffic(Traffic):
    """One command with its own requests (Command, Send, Receive, Signal); `name` is a module, helper, ``script`` or
    ``refused``.
    """

    name: str = ""
    seconds: float = 0.0


@dataclass
class Counters:
    """Everything since the start or the last `reset`. `actions` counts by the name of the operation: ``Create``."""

    connections: int = 0
    refused_logins: int = 0
    faults: int = 0
    total: Traffic = field(default_factory=Traffic)
    actions: dict[str, int] = field(default_factory=dict)
    commands: list[CommandTraffic] = field(default_factory=list)

    def count_action(self, name: str) -> None:
        self.actions[name] = self.actions.get(name, 0) + 1

    def reset(self) -> None:
        self.connections = self.refused_logins = self.faults = 0
        self.total, self.actions, self.commands = Traffic(), {}, []

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
