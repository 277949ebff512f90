"""Where a fleet stands: the report's data and the status, gathered from inventory and store."""

from __future__ import annotations

import time
from collections.abc import Sequence

from smartfleet.assess import assess
from smartfleet.cli.next import for_fleet
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import Finding
from smartfleet.model.documents import StatusDocument
from smartfleet.model.report import ReportData
from smartfleet.report.data import build
from smartfleet.store import Store

_RUNS = 10


def report_data(fleet: Fleet, store: Store, hosts: Sequence[str], warnings: Sequence[Finding] = ()) -> ReportData:
    """Of `hosts`, with the newest facts, outcomes and verdicts of each."""
    facts = store.facts(hosts)
    return build(
        created=time.time(),
        fleet=fleet.folder.resolve().name,
        old_servers=fleet.config.servers.old,
        new_server=fleet.config.servers.new,
        inventory=hosts,
        assessments=[assess(host, taken, seen, fleet.config) for host, (taken, seen) in facts.items()],
        outcomes=store.outcomes(hosts),
        verdicts=store.verdicts(hosts),
        warnings=warnings,
    )


def standing(fleet: Fleet, store: Store, hosts: Sequence[str]) -> StatusDocument:
    data = report_data(fleet, store, hosts)
    return StatusDocument(
        fleet=str(fleet.folder.resolve()),
        headline=data.headline,
        runs=store.runs(_RUNS),
        next=for_fleet(data),
    )
