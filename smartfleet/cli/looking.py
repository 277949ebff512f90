"""What `smartfleet audit` does once a worker was begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from smartfleet.campaign.listings import Listings
from smartfleet.cli.opening import open_fleet
from smartfleet.cli.options import Format, become_password
from smartfleet.engines.ahead import Ahead


def look_at(
    folder: Path,
    ahead: Ahead,
    *,
    limit: str | None,
    users: Sequence[str],
    form: Format,
    ask_become: bool,
    engine: str | None,
) -> int:
    """Its exit code."""
    fleet = open_fleet(folder, engine)
    # before Ansible may ask for a password of its own
    password = become_password(ask=ask_become)
    listings = Listings()
    listings.read_ahead(fleet.inventory, limit, folder=fleet.folder, ahead=ahead)
    # the store and all that works with it take as long as the inventory
    from smartfleet.cli.codes import of_outcomes  # noqa: PLC0415
    from smartfleet.cli.opening import open_store  # noqa: PLC0415
    from smartfleet.cli.output import emit, suggest  # noqa: PLC0415
    from smartfleet.cli.work import look  # noqa: PLC0415
    from smartfleet.report import terminal  # noqa: PLC0415

    store = open_store(fleet)
    seen, document = look(fleet, store, limit, users, password, listings=listings, ahead=ahead)
    emit(form, document, [*document.hosts, *document.unreached], lambda: terminal.audit(document))
    if seen.facts and not users:
        suggest(fleet, "smartfleet plan")
    return of_outcomes(seen.troubles, interrupted=seen.interrupted)
