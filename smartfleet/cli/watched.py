"""Opens what a command needs whose run tells its events, and closes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.telling import Watch
from smartfleet.campaign.thinning import thin
from smartfleet.cli.options import Format
from smartfleet.cli.sending import sending_after
from smartfleet.cli.session import controls_of, engines_of, over, reporting
from smartfleet.cli.watch import Watcher
from smartfleet.fleet import Fleet
from smartfleet.store import Store


@contextmanager
def watched(
    fleet: Fleet, store: Store, form: Format, password: str | None, *, yes: bool
) -> Iterator[tuple[Campaign, Watch]]:
    """A campaign that tells its events and asks its questions, and what listens to them, while the context lasts."""
    listings = Listings()
    sending = sending_after(fleet, store, reporting(fleet, store, listings))
    with engines_of(fleet) as engines, sending, Watcher(form, yes=yes) as watcher:
        controls = controls_of(fleet, password, watcher.notify)
        running = replace(over(fleet, store, engines, controls, listings), ask=watcher.ask)
        yield running, watcher.tell
        thin(running)
