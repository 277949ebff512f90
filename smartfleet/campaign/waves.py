"""Which hosts are worked on together, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from smartfleet.campaign.canary import Candidate, pick
from smartfleet.campaign.shares import count
from smartfleet.model.campaign import CampaignSettings, Wave

CANARY = "canary"


def make_waves(candidates: Sequence[Candidate], settings: CampaignSettings) -> list[Wave]:
    """Every candidate in exactly one wave, in the candidates' order; waves without a host are left out.

    Percentages are of all candidates. Canary hosts that are named but no candidates have nothing to do: whoever calls
    makes sure that they are known at all.
    """
    canary = _canary(candidates, settings.canary)
    rest = [one.host for one in candidates if one.host not in canary]
    parts = list(_parts(rest, [count(share, len(candidates)) for share in settings.waves]))
    first = [one.host for one in candidates if one.host in canary]
    named = [(CANARY, first)] if first else []
    named += [(f"wave {number}", hosts) for number, hosts in enumerate(parts, 1)]
    return [Wave(number=number, name=name, hosts=hosts) for number, (name, hosts) in enumerate(named)]


def _canary(candidates: Sequence[Candidate], wanted: int | str | list[str]) -> Collection[str]:
    if isinstance(wanted, list):
        return set(wanted)
    return set(pick(candidates, count(wanted, len(candidates))))


def _parts(hosts: Sequence[str], sizes: Sequence[int]) -> Iterator[list[str]]:
    """The sizes one after the other; what is left is the last part."""
    begin = 0
    for size in [*sizes, len(hosts)]:
        if part := list(hosts[begin : begin + size]):
            yield part
        begin += size
