"""What an engine is: it carries shards to workers and brings back what they say, and decides nothing.

An engine never runs a shard twice and never tries again: what was lost, the campaign audits and plans anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from smartfleet.engines.answers import Answer
from smartfleet.engines.order import Order
from smartfleet.engines.shard import Shard

EndState = Literal["done", "failed", "lost", "cancelled"]
"""`done`: the playbook came to its end, whatever became of its hosts. `failed`: no worker took the shard, nothing was
begun. `lost`: nobody knows what the worker still does, or what it did before it ended too early. `cancelled`: as the
controller wished, or before anything was begun."""


@dataclass(frozen=True)
class Ended:
    """The terminal event: one for each attempt, and the last.

    `begun`: whether the playbook was started, as far as is known. `code`, `why` and `do` as in SmartfleetError, for
    all but `done`. `output`: the end of what Ansible printed.
    """

    state: EndState
    begun: bool
    rc: int = 0
    output: str = ""
    code: str = ""
    message: str = ""
    why: str = ""
    do: str = ""


@dataclass(frozen=True)
class Event:
    """`number` counts from 1 without a gap within an attempt."""

    shard: str
    attempt: int
    number: int
    said: Answer | Ended


Listener = Callable[[Event], None]
"""Called from any thread; must only put the event into a queue."""


class Attempt(Protocol):
    """One shard on its way. Both methods return at once and may be called at any time, more than once."""

    @property
    def worker(self) -> str:
        """Who got it, as an admin would call it; "" until that is known."""

    def stop(self) -> None:
        """No further host is begun; those that are begun finish."""

    def cancel(self) -> None:
        """Everything ends now: afterwards no process of the shard is left anywhere that can be reached."""


class Engine(Protocol):
    """One way to workers. The same adapter serves many shards at once."""

    @property
    def here(self) -> bool:
        """Whether its workers see this machine's files: an order may then name the admin's inventory."""

    def submit(self, shard: Shard, order: Order, listen: Listener) -> Attempt:
        """Returns when the shard is on its way. What goes wrong from then on is told by the terminal event.

        Raises EngineError where nothing was begun: no worker for the site, the scheduler does not answer, a
        certificate is refused, the same attempt was submitted before.
        """

    def check(self) -> Mapping[str, object]:
        """Each worker by name with what it says of itself (versions, collections, free disk, clock), or an
        EngineError as to why it cannot be used.
        """

    def close(self) -> None:
        """Lets go of connections; attempts that still run are cancelled."""
