"""The one way of every verb to its hosts: ports are asked first, engines get those hosts that may be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from smartfleet.campaign.dispatch import Book, Dispatch, Errand
from smartfleet.campaign.endpoints import Endpoint, endpoints, surroundings
from smartfleet.campaign.hostnames import check_hosts
from smartfleet.campaign.inventory import Listing
from smartfleet.campaign.lazily import Lazily
from smartfleet.campaign.listings import Listings
from smartfleet.campaign.reach import Limits, sweep
from smartfleet.campaign.runner import Controls, Run, run_shards
from smartfleet.campaign.sharding import SITE, Offer, shares
from smartfleet.campaign.supervising import Assigned
from smartfleet.campaign.wave_inventory import ExactInventories
from smartfleet.engines.answers import PROBE, Answer, HostAnswers, RunAnswers
from smartfleet.fleet.engines import LOCAL

_CHANGES = frozenset({"apply", "rollback", "purge"})


@dataclass
class Reaching:
    """Probe, then playbook, over inventories of exactly the hosts that it works on. `book` is the store."""

    listings: Listings
    offer: Offer
    book: Book
    _said: dict[str, str] = field(default_factory=dict, repr=False)

    def __call__(self, run: Run, controls: Controls) -> RunAnswers:
        """Ctrl-C while ports are asked ends like one before the first host: nothing was begun."""
        listing = self.listings.covering(run.inventory, run.hosts, folder=run.folder)
        sites = _sites(run, listing)
        asked = _endpoints(run, listing)
        # this machine cannot tell whether a host answers another one
        asked |= {host: None for host, site in sites.items() if self.offer.name(site) != LOCAL}
        try:
            found = sweep(asked, Limits(controls.probe_timeout), controls.keep_going)
        except KeyboardInterrupt:
            return _joined(run, [], RunAnswers({}, interrupted=True, rc=130))
        controls.probed(found)
        absent = [Answer(host, PROBE, "unreachable", {"msg": why}) for host, why in found.offline.items()]
        for answer in absent:
            controls.progress(answer)
        there = {host: site for host, site in sites.items() if host not in found.offline}
        return _joined(run, absent, self._worked_on(run, there, listing, controls))

    def _worked_on(self, run: Run, sites: Mapping[str, str], listing: Listing, controls: Controls) -> RunAnswers:
        if not sites or not controls.keep_going():
            return RunAnswers({}, interrupted=False, rc=0)
        orders = run.orders
        if orders is not None:
            orders = Lazily([host for host in sites if host in orders], orders.__getitem__)
        verb = run.playbook.stem
        changes = verb in _CHANGES and not run.check
        errand = Errand(run.name, verb, changes, controls.deadline, controls.silence)
        dispatch = Dispatch(self.offer, self.book, errand, controls.troubled, controls.notify, self._said)
        exact = ExactInventories(listing.printed, run.inventory)
        assigned = [
            Assigned(shard, engine, exact.of(shard.hosts)) for shard, engine in dispatch.send(shares(sites, self.offer))
        ]
        return run_shards(replace(run, hosts=tuple(sites), orders=orders), assigned, controls, dispatch.ended)


def _sites(run: Run, listing: Listing) -> dict[str, str]:
    """In the run's order; a host that the inventory does not know is at none, and is Ansible's to tell."""
    known = {host.name: str(host.vars.get(SITE, "")) for host in listing.hosts}
    return {host: known.get(host, "") for host in run.hosts}


def _endpoints(run: Run, listing: Listing) -> dict[str, Endpoint | None]:
    """A host that the inventory does not know is Ansible's to tell."""
    wanted = set(run.hosts)
    hosts = [host for host in listing.hosts if host.name in wanted]
    known = endpoints(hosts, surroundings(run.folder))
    check_hosts(hosts, known)
    return {name: known.get(name) for name in run.hosts}


def _joined(run: Run, absent: list[Answer], answers: RunAnswers) -> RunAnswers:
    told = {answer.host: HostAnswers(answer.host, [answer]) for answer in absent} | dict(answers.hosts)
    return replace(answers, hosts={host: told.get(host, HostAnswers(host)) for host in run.hosts})
