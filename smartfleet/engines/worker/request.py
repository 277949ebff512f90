"""What the header line asks of a worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from smartfleet.engines.protocol import Ended


@dataclass(frozen=True)
class Request:
    """As `smartfleet.engines.wire` writes it. `arguments` and `environment`: of a question for an inventory."""

    protocol: int
    version: str
    playbooks: str
    now: float
    ask: str
    run: str = ""
    shard: str = ""
    attempt: int = 0
    playbook: str = ""
    site: str = ""
    deadline: float = 0.0
    hosts: list[str] = field(default_factory=list)
    sha256: str = ""
    size: int = 0
    inventory: str | None = field(default=None, repr=False)
    variables: Mapping[str, Any] = field(default_factory=dict)
    given: bool = False
    needs: list[str] = field(default_factory=list)
    configured: bool = False
    folder: str = ""
    silence: float = 60.0
    arguments: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.run}.{self.shard}.{self.attempt}"

    @property
    def patience(self) -> float:
        """Seconds between two hosts' answers at the most: as long as one host may take, and then some."""
        return float(self.variables.get("smartfleet_host_timeout", "inf")) + self.silence


def read_request(line: bytes) -> Request | Ended:
    """What another version says beyond this one's words is left aside: the versions are compared afterwards."""
    try:
        said = json.loads(line)
        return Request(**{one.name: said[one.name] for one in fields(Request) if one.name in said})
    except (ValueError, TypeError):
        return Ended(
            "failed",
            begun=False,
            code="worker/header",
            message="what came first on stdin is no header of a shard",
            why="smartfleet worker is started by a controller, which speaks to it",
            do="smartfleet engines, on the controller",
        )
