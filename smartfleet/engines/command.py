"""How a worker of this machine is called."""

from __future__ import annotations

import sys

WORKER = "here"


def worker_command() -> list[str]:
    """The program that carries a shard, of this installation: whatever lies in the current folder is no part of it."""
    return [sys.executable, "-P", "-m", "smartfleet.engines.worker"]
