"""At the end of a run, once a day: what nobody needs any more goes from the store."""

from __future__ import annotations

from smartfleet.campaign.base import Campaign
from smartfleet.errors import StoreError
from smartfleet.store.retention import Limits
from smartfleet.text import visible

SECONDS = 5.0
"""For which it may hold up whoever waits for the command to end; the rest goes on the next day."""
_DAY = 86_400.0


def thin(campaign: Campaign) -> None:
    """The run is over, so whatever goes wrong is only told. What went is written into the trail."""
    keep, now, store = campaign.fleet.config.retention, campaign.clock.now(), campaign.store
    limits = Limits(*(now - days * _DAY for days in (keep.facts_days, keep.weekly_days, keep.runs_days)))
    try:
        gone = store.thin(limits, SECONDS) if store.claim_thinning() else {}
        if gone:
            told = ", ".join(f"{what} {number}" for what, number in sorted(gone.items()))
            store.add_trail("thinned", detail=told)
    except (StoreError, KeyboardInterrupt) as error:
        reason = visible(error.message) if isinstance(error, StoreError) else "interrupted"
        campaign.controls.notify(f"old entries of the store were not all removed: {reason}")
