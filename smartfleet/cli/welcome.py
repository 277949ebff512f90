"""What bare `smartfleet` says: what it is, and the next command for the present state."""

from __future__ import annotations

import time
from pathlib import Path

from smartfleet.errors import SmartfleetError

_WHAT = """smartfleet moves a fleet's Nextcloud desktop clients to a new server name, without a second download,
proves that every sync folder still matches, and can take it all back."""


def welcome(folder: Path | None = None) -> str:
    place = folder or Path()
    return f"{_WHAT}\n\n{_next(place)}\n\nall commands: smartfleet --help"


def _next(place: Path) -> str:
    if not (place / "smartfleet.yml").exists():
        return (
            "this folder is no fleet.\n"
            "  see it work:   smartfleet demo\n"
            "  begin:         smartfleet init DIR\n"
            "  help one user: smartfleet explain nextcloud.cfg"
        )
    if not (place / ".smartfleet").exists():
        return "this fleet was never looked at.\n  next: smartfleet doctor, then smartfleet audit"
    return f"  next: {_from_store(place)}"


def _from_store(place: Path) -> str:
    """What `status` would say of the hosts that were audited; `status` itself where it cannot be told."""
    # imported late: most calls of this module need none of it
    from smartfleet.campaign.inventory import InventoryHost  # noqa: PLC0415
    from smartfleet.campaign.reporting import figures  # noqa: PLC0415
    from smartfleet.cli.next import for_fleet, for_runs  # noqa: PLC0415
    from smartfleet.cli.standing import begun  # noqa: PLC0415
    from smartfleet.fleet import load_fleet  # noqa: PLC0415
    from smartfleet.store import Store  # noqa: PLC0415

    try:
        fleet = load_fleet(place)
        store = Store.of_fleet(fleet.state, fleet.config.store)
        # all that the store knows, as the inventory would take a second
        hosts = [InventoryHost(name, "") for name in store.audited()]
        return for_runs(*begun(store)) or for_fleet(figures(fleet, store, hosts, None, time.time()).figures)
    except SmartfleetError:
        return "smartfleet status"
