"""One pass over the runs that wait, for a timer: whoever is due is tried once."""

from __future__ import annotations

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.beginning import Begun, resume
from smartfleet.campaign.carrying import Applied, go_on
from smartfleet.campaign.drive import Drive, Stop
from smartfleet.campaign.telling import Watch
from smartfleet.campaign.trying_again import due, try_due
from smartfleet.campaign.windows import next_opening
from smartfleet.errors import StoreError
from smartfleet.model.campaign import RunSettings
from smartfleet.model.plan import Plan


def run_due(campaign: Campaign, watch: Watch) -> list[Applied]:
    """What became of the runs that had a host to try. Ctrl-C ends the pass; the runs go on waiting.

    A run that another process drives, or whose windows are closed, is left for the next pass.
    """
    done: list[Applied] = []
    for run in campaign.store.queued(campaign.clock.now()):
        applied = _try_run(campaign, run, watch)
        if applied is not None:
            done.append(applied)
            if applied.interrupted:
                break
    return done


def _try_run(campaign: Campaign, run: str, watch: Watch) -> Applied | None:
    summary, settings = campaign.store.run(run), campaign.store.settings(run)
    plan = campaign.store.plan(summary.plan_hash) if summary else None
    if summary is None or settings is None or plan is None or summary.driven or not _is_due(campaign, run, settings):
        return None
    begun = _taken(campaign, plan, settings, run)
    return go_on(campaign, plan, begun, watch, _try_once) if begun else None


def _is_due(campaign: Campaign, run: str, settings: RunSettings) -> bool:
    now = campaign.clock.now()
    if next_opening(settings.campaign.windows, now) > now:
        return False
    return bool(due(campaign.store.progress(run, "waiting"), campaign, settings))


def _taken(campaign: Campaign, plan: Plan, settings: RunSettings, run: str) -> Begun | None:
    try:
        return resume(campaign, plan, settings, run)
    except StoreError as error:
        if error.code == "store/run-alive":
            return None
        raise


def _try_once(drive: Drive, _begun: Begun) -> None:
    try_due(drive)
    if drive.left(drive.results.progress) and drive.state() == "waiting":
        # its process died in a wave: it stays cut off for the admin, and the queue's as long as somebody waits
        raise Stop("running")
