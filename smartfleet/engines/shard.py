"""A shard: some hosts of a run that one worker works on with one playbook."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """`shard` names it within its run and `attempt` counts from 1: all three together are given out once for ever.
    `playbook` is its name without the end ``.yml``.

    `deadline`: seconds since 1970 after which a worker begins no further host of it. `site` is "" for hosts whose
    inventory names none.
    """

    run: str
    shard: str
    attempt: int
    hosts: tuple[str, ...]
    playbook: str
    site: str
    deadline: float

    @property
    def key(self) -> str:
        """The attempt's name wherever it goes; safe as a file's name."""
        return f"{self.run}.{self.shard}.{self.attempt}"


def by_bucket(hosts: Mapping[str, str], buckets: Mapping[str, int]) -> dict[tuple[str, int], list[str]]:
    """Hosts (with their sites) by site and bucket; `buckets` tells how many a site has, 1 where it is not named.

    A host's bucket depends on nothing but its name and its site's number of buckets, so that a host that comes or goes
    moves no other.
    """
    found: dict[tuple[str, int], list[str]] = {}
    for host, site in hosts.items():
        found.setdefault((site, bucket(host, buckets.get(site, 1))), []).append(host)
    return dict(sorted(found.items()))


def bucket(host: str, count: int) -> int:
    """Which of `count` buckets the host is in, from 0."""
    return int.from_bytes(hashlib.sha256(host.encode("utf-8", "surrogateescape")).digest()[:8]) % count
