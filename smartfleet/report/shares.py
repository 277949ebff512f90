"""The parts of a fleet: by wave, site, system and version of the client. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from smartfleet.model.report import HostRow, ProfileRow, Share
from smartfleet.model.results import OutcomeName
from smartfleet.nextcloud.versions import parse_version

By = Literal["wave", "site", "os", "client"]
_NUMBERS = re.compile(r"(\d{1,9})")
# what follows is the number of a build, in which one version differs from system to system
_TOLD = 3


@dataclass
class _Part:
    """One share, while it is counted."""

    hosts: int = 0
    compliant: int = 0
    profiles: int = 0
    outcomes: Counter[OutcomeName] = field(default_factory=Counter)


def shares(hosts: Iterable[HostRow], profiles: Iterable[ProfileRow]) -> list[Share]:
    """All parts, those of which nothing is known last. Of a kind that nothing is known of there is none."""
    by_host: dict[str, list[ProfileRow]] = defaultdict(list)
    for profile in profiles:
        by_host[profile.host].append(profile)
    counted: dict[By, dict[str, _Part]] = {by: defaultdict(_Part) for by in ("wave", "site", "os", "client")}
    for host in hosts:
        own = by_host.get(host.host, [])
        names: dict[By, str] = {"wave": host.wave, "site": host.site, "os": host.os}
        for by, name in names.items():
            _count(counted[by], host, {name: own})
        _count(counted["client"], host, _by_client(host, own))
    return [share for by, parts in counted.items() for share in _told(by, parts)]


def _by_client(host: HostRow, profiles: Sequence[ProfileRow]) -> dict[str, list[ProfileRow]]:
    """Every version that is installed there, with the profiles that use it."""
    found: dict[str, list[ProfileRow]] = {version(client): [] for client in host.clients}
    for profile in profiles:
        found.setdefault(version(profile.client_installed), []).append(profile)
    return found or {"": []}


def version(text: str) -> str:
    """``3.16.7`` of ``3.16.7.24567`` and of ``1:3.16.7-1~deb13u1``."""
    return ".".join(str(number) for number in parse_version(text)[:_TOLD]) or text


def _count(parts: dict[str, _Part], host: HostRow, names: Mapping[str, Sequence[ProfileRow]]) -> None:
    for name, profiles in names.items():
        part = parts[name]
        part.hosts += 1
        part.compliant += host.compliant
        part.profiles += len(profiles)
        part.outcomes.update(profile.outcome for profile in profiles)


def _told(by: By, parts: Mapping[str, _Part]) -> list[Share]:
    if set(parts) <= {""}:
        return []
    key: Callable[[str], Any] = _newest_first if by == "client" else _natural
    return [
        Share(
            by=by,
            name=name,
            hosts=parts[name].hosts,
            compliant=parts[name].compliant,
            profiles=parts[name].profiles,
            outcomes=dict(parts[name].outcomes),
        )
        for name in sorted(parts, key=lambda name: (not name, key(name)))
    ]


def _natural(name: str) -> list[tuple[int, str]]:
    """As people sort: wave 2 before wave 10."""
    return [(int(part), "") if part.isdecimal() else (0, part.casefold()) for part in _NUMBERS.split(name)]


def _newest_first(name: str) -> tuple[bool, list[int], str]:
    numbers = parse_version(name)
    return not numbers, [-number for number in numbers], name
