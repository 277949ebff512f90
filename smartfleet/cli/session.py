"""Opens what a command needs to work on hosts, and closes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.runner import Controls
from smartfleet.cli.progress import Progress
from smartfleet.fleet import Fleet
from smartfleet.store import Store


@contextmanager
def campaign(fleet: Fleet, store: Store, verb: str, hosts: int, password: str | None) -> Iterator[Campaign]:
    """A campaign whose progress is shown on stderr while the context lasts."""
    settings = fleet.config.ansible
    with Progress(verb, hosts) as progress:
        controls = Controls(
            forks=settings.forks,
            timeout=settings.timeout,
            become_password=password,
            progress=progress.tell,
            notify=progress.notify,
        )
        yield Campaign(fleet, store, controls)
