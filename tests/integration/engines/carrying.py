"""Carries shards as a campaign does, and holds what was told of them against the protocol."""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from smartfleet.engines.answers import Answer
from smartfleet.engines.order import Order
from smartfleet.engines.payload import Job, pack
from smartfleet.engines.protocol import Attempt, Ended, Engine, Event
from smartfleet.engines.shard import Shard
from smartfleet.paths import Playbook, playbook
from tests.integration.engines.grounds import Ground
from tests.integration.engines.hosts import Hosts

PATIENCE = 90.0


class Told:
    """The events of one attempt, as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.queue: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def hear(self, host: str) -> None:
        """Waits for the first answer of one of our modules there."""
        while not self.answers(host):
            self.events.append(self.queue.get(timeout=PATIENCE))

    def end(self) -> Ended:
        """Waits for the terminal event; the events up to it are numbered without a gap."""
        while not self.events or isinstance(self.events[-1].said, Answer):
            self.events.append(self.queue.get(timeout=PATIENCE))
        assert [event.number for event in self.events] == list(range(1, len(self.events) + 1))
        said = self.events[-1].said
        assert isinstance(said, Ended)
        return said

    @property
    def nothing_after_the_end(self) -> bool:
        return self.queue.empty()

    def answers(self, host: str) -> list[tuple[str, str]]:
        """(module, state) of ours that were not skipped, in their order."""
        said = [event.said for event in self.events if isinstance(event.said, Answer) and event.said.host == host]
        return [(one.action.rpartition(".")[2], one.state) for one in said if one.ours and one.state != "skipped"]


class Carrier:
    """`silence` is short, so that what is lost is soon known to be."""

    silence = 4.0

    def __init__(self, ground: Ground, hosts: Hosts, folder: Path) -> None:
        self.ground = ground
        self.hosts = hosts
        self._folder = folder

    def order(self, verb: Playbook = "apply", *, forks: int = 5, password: str | None = None) -> Order:
        job = Job(
            playbook=playbook(verb),
            inventory=self._folder / "inventory.yml",
            folder=self._folder,
            variables={"smartfleet_host_timeout": 60},
            forks=forks,
            timeout=60,
            check=False,
            become_password=password,
            silence=self.silence,
        )
        orders = self.hosts.orders() if verb == "apply" else None
        return pack(job, orders, self.hosts.inventory(), here=self.ground.engine.here)

    def shard(self, verb: Playbook = "apply", *, deadline: float = float("inf")) -> Shard:
        return Shard(uuid.uuid4().hex, "s1", 1, self.hosts.names, verb, "", deadline)

    def submit(
        self, order: Order | None = None, shard: Shard | None = None, engine: Engine | None = None
    ) -> tuple[Attempt, Told]:
        told = Told()
        at = engine or self.ground.engine
        return at.submit(shard or self.shard(), order or self.order(), told.queue.put), told

    def carry(self, **changes: object) -> tuple[Ended, Told]:
        """With an order that was tampered with."""
        _, told = self.submit(replace(self.order(), **changes))  # type: ignore[arg-type]
        return told.end(), told

    def nothing_left(self) -> bool:
        """Soon, at the latest once a worker has noticed that nobody speaks to it."""
        return until(lambda: not self.ground.processes())


def until(true: Callable[[], object], seconds: float = PATIENCE) -> bool:
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() >= limit:
            return False
        time.sleep(0.05)
    return True
