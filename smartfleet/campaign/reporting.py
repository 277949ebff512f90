"""The report's data, from inventory and store."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from smartfleet.campaign.comparing import compare
from smartfleet.campaign.counting import Count, Look
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.judging import gather
from smartfleet.campaign.trust import unchecked, warnings
from smartfleet.fleet import Fleet
from smartfleet.model.diff import Moment
from smartfleet.model.judged import JudgedHost
from smartfleet.model.report import ReportData
from smartfleet.paths import data_folder
from smartfleet.policy.evidence import Evidence, Judgement
from smartfleet.policy.judge import Policy, policy_of
from smartfleet.policy.remembered import remembered
from smartfleet.report.data import build
from smartfleet.report.rows import Rows, rows_of
from smartfleet.store import Store
from smartfleet.text import visible
from smartfleet.words import load_words

_POINTS = 100


@dataclass(frozen=True)
class Since:
    """What the report is compared with. `everything`: its hosts are all of the inventory, so others are gone."""

    moment: Moment
    everything: bool


def report_data(
    fleet: Fleet,
    store: Store,
    hosts: Sequence[InventoryHost],
    environment: Mapping[str, str],
    since: Since | None = None,
) -> ReportData:
    """Of `hosts`, with the newest that is known of each, judged now. `environment`: what Ansible would be run with."""
    with _uncollected():
        return _report_data(fleet, store, hosts, environment, since)


def figures(
    fleet: Fleet, store: Store, hosts: Sequence[InventoryHost], environment: Mapping[str, str] | None, now: float
) -> Count:
    """What `report_data` counts, from what is kept of the hosts. Without `environment` not whether they comply."""
    doubtful = None if environment is None else unchecked(hosts, environment)
    return Look(store, fleet.config, _policy(fleet, now), doubtful).over([host.name for host in hosts])


def _judged(
    fleet: Fleet, store: Store, policy: Policy, hosts: Sequence[InventoryHost], environment: Mapping[str, str]
) -> Iterator[tuple[Evidence, Judgement]]:
    names = [host.name for host in hosts]
    for evidence in gather(store, fleet.config, names, unchecked(hosts, environment)):
        yield evidence, policy.judge(evidence)


def _policy(fleet: Fleet, now: float) -> Policy:
    return policy_of(fleet.config, load_words("en", data_folder("templates")), now)


def _report_data(
    fleet: Fleet, store: Store, hosts: Sequence[InventoryHost], environment: Mapping[str, str], since: Since | None
) -> ReportData:
    now = time.time()
    policy = _policy(fleet, now)
    names = [host.name for host in hosts]
    sites = {host.name: str(host.vars.get("smartfleet_site", "")) for host in hosts}
    waves = store.waves_of(names)
    standing: dict[str, JudgedHost] = {}

    def seen() -> Iterator[Rows]:
        for evidence, judgement in _judged(fleet, store, policy, hosts, environment):
            host = evidence.host
            if since:
                standing[host] = remembered(evidence, judgement)
            yield rows_of(evidence, judgement, site=sites[host], wave=waves.get(host, ""))

    data = build(
        created=now,
        # names of folders are bytes, and some of them no UTF-8: JSON could not hold them
        fleet=visible(fleet.folder.resolve().name),
        old_servers=fleet.config.servers.old,
        new_server=fleet.config.servers.new,
        hosts=seen(),
        checks=policy.checks,
        history=store.history(_POINTS, names),
        warnings=warnings(hosts, environment),
    )
    if since is None:
        return data
    today = Moment(run="", at=now)
    changed = compare(store, since.moment, today, standing, names=names, everything=since.everything)
    return data.model_copy(update={"since": changed})


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hundreds of thousands of rows pile up here, without cycles: to look for some takes as long as all the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
