"""Ports for servers that must be told theirs, and for places where nobody listens."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """One below those that Linux and macOS give away of themselves: no other test gets it meanwhile."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
