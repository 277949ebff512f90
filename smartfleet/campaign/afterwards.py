"""What is left to do when a run is over. Nothing of it changes what became of the run."""

from __future__ import annotations

from collections.abc import Collection

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.judging import judge_run


def afterwards(campaign: Campaign, run: str, hosts: Collection[str], *, news: bool = True) -> None:
    """Judges the hosts of a run that is closed, then tells of it. Without `news` there is nothing to tell."""
    judge_run(campaign, run, hosts)
    if news:
        campaign.ended(run)
