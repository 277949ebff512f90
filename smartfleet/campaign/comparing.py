"""The fleet at two moments, and what changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.judging import gather
from smartfleet.campaign.trust import unchecked
from smartfleet.fleet import Fleet
from smartfleet.model.diff import DiffDocument, Moment
from smartfleet.model.judged import JudgedHost
from smartfleet.policy.judge import Policy
from smartfleet.policy.remembered import remembered
from smartfleet.report.changes import diff
from smartfleet.store import Store


def compare(
    store: Store,
    before: Moment,
    after: Moment,
    now: Mapping[str, JudgedHost],
    *,
    names: Sequence[str],
    everything: bool,
) -> DiffDocument:
    """`now`: the hosts as they are judged now, for an `after` that is now. `everything`: `names` is all the inventory
    has, so that other hosts that were judged are gone; else they are nobody's business here. Between two runs it is the
    store that knows who had left.
    """
    asked = None if everything else names
    later = store.judged(asked, after.run) if after.run else now
    there = later if everything and after.run else names
    return diff(before, after, store.judged(asked, before.run), later, there)


def judged_now(
    fleet: Fleet, store: Store, policy: Policy, hosts: Sequence[InventoryHost], environment: Mapping[str, str]
) -> dict[str, JudgedHost]:
    """By host. `environment`: what Ansible would be run with."""
    names = [host.name for host in hosts]
    known = gather(store, fleet.config, names, unchecked(hosts, environment))
    return {evidence.host: remembered(evidence, policy.judge(evidence)) for evidence in known}
