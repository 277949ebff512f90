"""The queue: hosts that were not online, or whose users were not there, are tried again and again."""

from __future__ import annotations

from collections.abc import Iterable

from smartfleet.campaign.attempt import try_hosts
from smartfleet.campaign.backoff import is_due, longest
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.drive import Drive
from smartfleet.campaign.windows import next_opening
from smartfleet.model.campaign import HostProgress, RunSettings


def try_until(drive: Drive) -> None:
    """Until nothing waits, or the time of the run is over. Raises Stop."""
    until = drive.settings.until
    while until is not None and drive.now < until and (waiting := drive.waiting()):
        if next_opening(drive.settings.campaign.windows, drive.now) >= until:
            drive.wait("queue", until, len(waiting))
        elif not try_due(drive):
            soonest = min(row.next_at or drive.now for row in waiting)
            drive.wait("queue", min(until, soonest), len(waiting))


def try_due(drive: Drive) -> bool:
    """One try at every waiting host whose time has come; whether there was any. Raises Stop."""
    rows = due(drive.waiting(), drive.campaign, drive.settings)
    if rows:
        try_hosts(drive, [row.host for row in rows])
        drive.check_budget({row.wave for row in rows})
    return bool(rows)


def due(waiting: Iterable[HostProgress], campaign: Campaign, settings: RunSettings) -> list[HostProgress]:
    most = max(longest(settings.every), campaign.fleet.config.notices.postpone_for)
    now = campaign.clock.now()
    return [row for row in waiting if is_due(now, row.next_at, most)]
