"""The attempts that an engine has on their way."""

from __future__ import annotations

import time
from collections.abc import Callable

from smartfleet.engines.dialogue import GRACE, Dialogue
from smartfleet.engines.link import Link
from smartfleet.engines.order import Order
from smartfleet.engines.protocol import Listener
from smartfleet.engines.shard import Shard
from smartfleet.errors import EngineError


class Attempts:
    """What every engine does alike, whatever its links are."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._under_way: dict[str, Dialogue] = {}

    def begin(self, shard: Shard, order: Order, listen: Listener, connect: Callable[[], Link]) -> Dialogue:
        """EngineError if this attempt was begun before: one shard must not be worked on twice."""
        if shard.key in self._begun:
            raise EngineError(
                "engine/same-attempt",
                f"the attempt {shard.key} was submitted before",
                why="an attempt is given to a worker once: two workers would touch the same hosts",
                do="number each attempt of a shard anew",
            )
        self._begun.add(shard.key)
        dialogue = self._under_way[shard.key] = Dialogue(shard, order, listen, connect)
        # an order has secrets and is large: nobody holds one that is carried out
        dialogue.start(lambda: self._under_way.pop(shard.key, None))
        return dialogue

    def close(self) -> None:
        """Cancels those that still run, and waits for them as long as they may take."""
        under_way = list(self._under_way.values())
        for dialogue in under_way:
            dialogue.cancel()
        limit = time.monotonic() + 2 * GRACE
        for dialogue in under_way:
            dialogue.join(max(0.0, limit - time.monotonic()))
