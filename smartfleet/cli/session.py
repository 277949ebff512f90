"""Opens what a command needs to work on hosts, and closes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.reporting import report_data
from smartfleet.campaign.runner import Controls
from smartfleet.campaign.telling import Watch
from smartfleet.campaign.thinning import thin
from smartfleet.cli.options import Format
from smartfleet.cli.progress import Progress
from smartfleet.cli.sending import queue_run, sending_after
from smartfleet.cli.watch import Watcher
from smartfleet.engines.choose import Engines
from smartfleet.fleet import Fleet
from smartfleet.model.report import ReportData
from smartfleet.store import Store


@contextmanager
def campaign(
    fleet: Fleet, store: Store, verb: str, hosts: int, password: str | None, *, listings: Listings | None = None
) -> Iterator[Campaign]:
    """A campaign whose progress is shown on stderr while the context lasts. `listings`: where hosts were looked up."""
    listings = listings or Listings()
    sending = sending_after(fleet, store, reporting(fleet, store, listings))
    with _engines(fleet) as engines, sending, Progress(verb, hosts) as progress:
        controls = _controls(fleet, password, progress.notify)
        running = _over(fleet, store, engines, replace(controls, progress=progress.tell), listings)
        yield running
        thin(running)


@contextmanager
def watched(
    fleet: Fleet, store: Store, form: Format, password: str | None, *, yes: bool
) -> Iterator[tuple[Campaign, Watch]]:
    """A campaign that tells its events and asks its questions, and what listens to them, while the context lasts."""
    listings = Listings()
    sending = sending_after(fleet, store, reporting(fleet, store, listings))
    with _engines(fleet) as engines, sending, Watcher(form, yes=yes) as watcher:
        controls = _controls(fleet, password, watcher.notify)
        running = replace(_over(fleet, store, engines, controls, listings), ask=watcher.ask)
        yield running, watcher.tell
        thin(running)


def reporting(fleet: Fleet, store: Store, listings: Listings) -> Callable[[], ReportData]:
    """Makes the report of the whole fleet when it is called."""

    def report() -> ReportData:
        hosts = listings.hosts(fleet.inventory, None, folder=fleet.folder)
        return report_data(fleet, store, hosts, os.environ)

    return report


def _engines(fleet: Fleet) -> Engines:
    return Engines(fleet.config.engines, fleet.folder)


def _over(fleet: Fleet, store: Store, engines: Engines, controls: Controls, listings: Listings) -> Campaign:
    report = reporting(fleet, store, listings)
    return Campaign(
        fleet,
        store,
        controls,
        execute=Reaching(listings, engines, store),
        listings=listings,
        ended=lambda run: queue_run(fleet, store, run, report),
    )


def _controls(fleet: Fleet, password: str | None, notify: Callable[[str], None]) -> Controls:
    settings, going = fleet.config.ansible, fleet.config.campaign
    return Controls(
        forks=settings.forks,
        timeout=settings.timeout,
        probe_timeout=going.probe_timeout,
        host_timeout=going.host_timeout,
        silence=fleet.config.engines.silence,
        become_password=password,
        notify=notify,
    )
