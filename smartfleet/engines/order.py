"""What a worker gets for a shard, beside the shard itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smartfleet.engines.spool import Spool


@dataclass(frozen=True)
class Order:
    """The payload is ansible-runner's own `transmit` stream: `head`, then `rest`. `sha256` and `size` are those of both
    together. No engine changes or logs it: `head` may hold the password for sudo, and is written into no file.

    `inventory`: exactly the shard's hosts, as an inventory script prints them. It travels beside the stream and is
    written into no file on either side. None where the stream names the admin's own inventory: only workers on this
    machine can carry such an order. `variables`: what the playbook is told, beside the places of files that only the
    worker knows. `given`: whether the stream holds an order for each host. `needs`: collections that the worker must
    have. `configured`: whether the fleet has an ansible.cfg of its own. `folder`: where the worker makes its private
    folder, for a stream that names a file in it; None leaves it to the worker. `silence`: after how many seconds
    without a word each side takes the other for gone.
    """

    head: bytes = field(repr=False)
    rest: Spool
    sha256: str
    size: int
    inventory: str | None = field(default=None, repr=False)
    variables: Mapping[str, Any] = field(default_factory=dict)
    given: bool = False
    needs: tuple[str, ...] = ()
    configured: bool = False
    folder: Path | None = None
    silence: float = 60.0

    def chunks(self) -> Iterator[bytes]:
        """The payload in pieces, none of them empty."""
        yield self.head
        yield from self.rest.blocks()
