"""Which hosts go to which engine together. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from smartfleet.engines.protocol import Engine
from smartfleet.engines.shard import by_bucket
from smartfleet.fleet.engines import LOCAL

SITE = "smartfleet_site"
"""The inventory variable that names a host's site."""
_SHOWN = 24


class Offer(Protocol):
    """The engines that a fleet may use, as `smartfleet.engines.choose.Engines` offers them."""

    def name(self, site: str) -> str:
        """Of the engine that works on a site."""

    def buckets(self, site: str) -> int:
        """How many shards a site's hosts are shared out over."""

    def engine(self, name: str) -> Engine: ...


@dataclass(frozen=True)
class Share:
    """Hosts that one worker gets together: some of one site, or of all sites that this machine works on itself."""

    engine: str
    site: str
    bucket: int
    hosts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The shard's within its run: the same engine, site and bucket have the same in every run."""
        if self.engine == LOCAL:
            return f"{LOCAL}-{self.bucket}"
        shown = re.sub(r"[^A-Za-z0-9]+", "-", self.site or self.engine).strip("-")[:_SHOWN]
        told = hashlib.sha256(f"{self.engine}\0{self.site}".encode("utf-8", "surrogateescape")).hexdigest()
        return f"{shown}-{told[:8]}-{self.bucket}"


def shares(sites: Mapping[str, str], offer: Offer) -> list[Share]:
    """All hosts of `sites` (each with its own), every one in exactly one share.

    This machine's own workers are one process: what would be shared out over several would only cost more.
    """
    by_engine: dict[str, dict[str, str]] = {}
    engines = {site: offer.name(site) for site in set(sites.values())}
    for host, site in sites.items():
        engine = engines[site]
        by_engine.setdefault(engine, {})[host] = "" if engine == LOCAL else site
    found = []
    for engine, hosts in sorted(by_engine.items()):
        buckets = {site: offer.buckets(site) for site, name in engines.items() if name == engine != LOCAL}
        for (site, bucket), members in by_bucket(hosts, buckets).items():
            found.append(Share(engine, site, bucket, tuple(members)))
    return found
