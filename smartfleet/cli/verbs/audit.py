"""What `smartfleet audit` does first: it has Ansible read the inventory, and imports the rest meanwhile."""

from __future__ import annotations

from pathlib import Path

from smartfleet.campaign.listings import Listings
from smartfleet.cli.opening import open_fleet
from smartfleet.cli.options import Format, become_password


def command(
    *, folder: Path, limit: str | None, users: tuple[str, ...], form: Format, ask_become: bool, engine: str | None
) -> int:
    fleet = open_fleet(folder, engine)
    # before Ansible may ask for a password of its own
    password = become_password(ask=ask_become)
    listings = Listings()
    listings.read_ahead(fleet.inventory, limit, folder=fleet.folder)
    # the store and all that works with it take as long as the inventory
    from smartfleet.cli.looking import look_at  # noqa: PLC0415

    return look_at(fleet, listings, limit=limit, users=users, form=form, password=password)
