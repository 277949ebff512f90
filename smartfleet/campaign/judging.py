"""Hosts as the store knows them, judged by the policy; at the end of every run what that changed is kept."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from smartfleet.assess import assess
from smartfleet.campaign.assessing import each_assessed
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.standings import ruler_of
from smartfleet.campaign.trust import unchecked as unchecked_of
from smartfleet.errors import SmartfleetError
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.model.judged import JudgedHost
from smartfleet.model.results import Outcome, Verdict
from smartfleet.policy.evidence import Evidence, FolderKey, FolderPast
from smartfleet.policy.remembered import past_of, remembered
from smartfleet.store import Store
from smartfleet.store.documents import batches
from smartfleet.store.folders import digest_of
from smartfleet.store.standings import Marks, Standing
from smartfleet.text import visible

Told = TypeVar("Told", Outcome, Verdict)
_Past = Mapping[FolderKey, FolderPast]


def gather(
    store: Store, config: FleetConfig, hosts: Sequence[str], unchecked: Collection[str] = ()
) -> Iterator[Evidence]:
    """What is known of each of `hosts`, one after the other, so that their facts need not lie in the memory together.

    Within every 500 those that were audited come first. `unchecked`: hosts whose key or certificate nobody looks at.
    """
    for part in batches(hosts):
        yield from _gathered(store, config, part, unchecked)


def _gathered(
    store: Store, config: FleetConfig, hosts: Sequence[str], unchecked: Collection[str]
) -> Iterator[Evidence]:
    outcomes, verdicts = _by_host(store.each_outcome(hosts)), _by_host(store.each_verdict(hosts))
    pasts, seen = _pasts(store, config, hosts), store.last_seen(hosts)
    verified = store.verified(hosts) if config.policy.verify_days else {}
    left = dict.fromkeys(hosts)

    def known(host: str, facts: HostFacts | None = None, assessment: HostAssessment | None = None) -> Evidence:
        return Evidence(
            host=host,
            facts=facts,
            assessment=assessment,
            outcomes=outcomes.get(host, ()),
            verdicts=verdicts.get(host, ()),
            last_seen=seen.get(host),
            unchecked=host in unchecked,
            verified=verified.get(host, {}),
            past=pasts.get(host, {}),
        )

    for host, facts, assessment in each_assessed(store, config, hosts):
        del left[host]
        yield known(host, facts, assessment)
    yield from (known(host) for host in left)


def _by_host(told: Iterable[Told]) -> Mapping[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        found[one.host].append(one)
    return found


def judge_run(campaign: Campaign, run: str, hosts: Collection[str]) -> None:
    """Keeps what became of `hosts` by a run that is closed, and who has left the inventory.

    The run is over, so whatever goes wrong is only told.
    """
    try:
        listed, store = campaign.listed(hosts), campaign.store
        everybody = campaign.whole()
        if everybody is not None:
            store.note_inventory(run, {host.name for host in everybody})
        store.add_judgements(run, _judged(campaign, listed, sorted(hosts)))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - see above; the next run makes up for it
        campaign.controls.notify(f"what the policy says after run {run} was not kept: {_reason(error)}")


def _judged(campaign: Campaign, listed: Sequence[InventoryHost], hosts: Sequence[str]) -> Iterator[JudgedHost]:
    """Also takes down what this look at the hosts says of their folders, before they are judged by it, and what is
    counted of them.
    """
    store, config, policy = campaign.store, campaign.fleet.config, campaign.policy()
    unchecked, ruler = unchecked_of(listed, os.environ), ruler_of(config, policy)
    for part in batches(hosts):
        marks = store.marks(part)
        known, pasts, standings = store.folder_past(part), dict[str, _Past](), list[Standing]()
        for evidence in gather(store, config, part, unchecked):
            host, mark = evidence.host, marks.get(evidence.host, Marks())
            told = _with_past(evidence)
            if told.assessment and told.past != known.get(host):
                pasts[host] = told.past
                mark = mark._replace(past=digest_of(told.past))
            judgement = policy.judge(told)
            if ruler:
                standings.append(ruler.standing(told, judgement, mark))
            yield remembered(told, judgement)
        store.set_folder_past(pasts)
        store.set_standings(standings)


def _with_past(evidence: Evidence) -> Evidence:
    seen = evidence.assessment
    return replace(evidence, past=past_of(seen, evidence.past)) if seen else evidence


def _pasts(store: Store, config: FleetConfig, hosts: Sequence[str]) -> dict[str, _Past]:
    """Where nothing was kept yet, as in a store of before, it is what the host's first audit saw, if it had several."""
    pasts: dict[str, _Past] = {**store.folder_past(hosts)}
    unknown = [host for host in hosts if host not in pasts]
    for host, taken, facts in store.each_first_facts(unknown):
        pasts[host] = past_of(assess(host, taken, facts, config), {})
    return pasts


def _reason(error: BaseException) -> str:
    if isinstance(error, SmartfleetError):
        return visible(error.message)
    return "interrupted" if isinstance(error, KeyboardInterrupt) else visible(f"{type(error).__name__}: {error}")
