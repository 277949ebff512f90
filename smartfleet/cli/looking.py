"""What `smartfleet audit` does once the inventory is being read."""

from __future__ import annotations

from collections.abc import Sequence

from smartfleet.campaign.listings import Listings
from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.opening import open_store
from smartfleet.cli.options import Format
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.work import look
from smartfleet.fleet import Fleet
from smartfleet.report import terminal


def look_at(
    fleet: Fleet, listings: Listings, *, limit: str | None, users: Sequence[str], form: Format, password: str | None
) -> int:
    """Its exit code."""
    store = open_store(fleet)
    seen, document = look(fleet, store, limit, users, password, listings=listings)
    emit(form, document, [*document.hosts, *document.unreached], lambda: terminal.audit(document))
    if seen.facts and not users:
        suggest(fleet, "smartfleet plan")
    return of_outcomes(seen.troubles, interrupted=seen.interrupted)
