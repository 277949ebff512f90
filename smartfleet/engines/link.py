"""The way to one worker program and back: bytes, nothing of their meaning."""

from __future__ import annotations

from typing import Protocol

from smartfleet.engines.protocol import Ended


class Link(Protocol):
    """`worker`: who is at its other end, as an admin would call it."""

    @property
    def worker(self) -> str: ...

    def write(self, data: bytes) -> None:
        """All of it; waits where the other side is slow. OSError if nobody takes it any more."""

    def read_line(self, seconds: float) -> bytes | None:
        """The worker's next line with its end of line; b"" after the last, None if `seconds` went by without one."""

    def why(self) -> Ended:
        """Once the lines ended before their time: what is known of the reason. Its `state` and `begun` are not
        looked at.
        """

    def close(self) -> None:
        """Lets go, and waits a while for the worker's end. One that still works sees the end of its input and ends all
        that it does. Called by whoever reads; whoever still writes gets an OSError.
        """
