"""What several commands begin with: the hosts, and a look at them."""

from __future__ import annotations

from collections.abc import Sequence

from smartfleet.assess import audit_document
from smartfleet.campaign.audit import Audit, audit
from smartfleet.campaign.endpoints import endpoints, surroundings
from smartfleet.campaign.hostnames import check_hosts
from smartfleet.campaign.listings import Listings
from smartfleet.cli.session import campaign
from smartfleet.engines.ahead import Ahead
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import AuditDocument, Unreached
from smartfleet.model.results import Outcome
from smartfleet.store import Store


def hosts_of(fleet: Fleet, limit: str | None, listings: Listings | None = None) -> list[str]:
    """Raises InventoryError for hosts that cannot be worked on, before anything is done.

    With `listings` whoever works on the hosts next need not read the inventory again.
    """
    hosts = (listings or Listings()).hosts(fleet.inventory, limit, folder=fleet.folder)
    check_hosts(hosts, endpoints(hosts, surroundings(fleet.folder)))
    return [host.name for host in hosts]


def look(
    fleet: Fleet,
    store: Store,
    limit: str | None,
    users: Sequence[str],
    password: str | None,
    *,
    listings: Listings | None = None,
    ahead: Ahead | None = None,
) -> tuple[Audit, AuditDocument]:
    listings = listings or Listings()
    hosts = hosts_of(fleet, limit, listings)
    with campaign(fleet, store, "audit", len(hosts), password, listings=listings, ahead=ahead) as running:
        seen = audit(running, hosts, users)
    return seen, audit_document(seen.assessments, fleet.config, unreached(seen.troubles))


def unreached(troubles: Sequence[Outcome]) -> list[Unreached]:
    return [Unreached(host=one.host, code=one.code, message=one.message, do=one.do) for one in troubles]
