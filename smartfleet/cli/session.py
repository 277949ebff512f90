"""Opens what a command needs to work on hosts, and closes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.execute import Reaching
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.runner import Controls
from smartfleet.campaign.thinning import thin
from smartfleet.cli.progress import Progress
from smartfleet.cli.sending import queue_run, sending_after
from smartfleet.engines.ahead import Ahead
from smartfleet.engines.choose import Engines
from smartfleet.fleet import Fleet
from smartfleet.model.report import ReportData
from smartfleet.store import Store


@contextmanager
def campaign(
    fleet: Fleet,
    store: Store,
    verb: str,
    hosts: int,
    password: str | None,
    *,
    listings: Listings | None = None,
    ahead: Ahead | None = None,
) -> Iterator[Campaign]:
    """A campaign whose progress is shown on stderr while the context lasts. `listings`: where hosts were looked up."""
    listings = listings or Listings()
    sending = sending_after(fleet, store, reporting(fleet, store, listings))
    with engines_of(fleet, ahead) as engines, sending, Progress(verb, hosts) as progress:
        controls = controls_of(fleet, password, progress.notify)
        running = over(fleet, store, engines, replace(controls, progress=progress.tell), listings)
        yield running
        thin(running)


def reporting(fleet: Fleet, store: Store, listings: Listings) -> Callable[[], ReportData]:
    """Makes the report of the whole fleet when it is called."""

    def report() -> ReportData:
        # of most runs nobody wants one
        from smartfleet.campaign.reporting import report_data  # noqa: PLC0415

        hosts = listings.hosts(fleet.inventory, None, folder=fleet.folder)
        return report_data(fleet, store, hosts, os.environ)

    return report


def engines_of(fleet: Fleet, ahead: Ahead | None = None) -> Engines:
    return Engines(fleet.config.engines, fleet.folder, ahead)


def over(fleet: Fleet, store: Store, engines: Engines, controls: Controls, listings: Listings) -> Campaign:
    report = reporting(fleet, store, listings)
    return Campaign(
        fleet,
        store,
        controls,
        execute=Reaching(listings, engines, store),
        listings=listings,
        ended=lambda run: queue_run(fleet, store, run, report),
    )


def controls_of(fleet: Fleet, password: str | None, notify: Callable[[str], None]) -> Controls:
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
