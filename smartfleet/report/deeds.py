"""What is left to do, for all profiles that wait for the same. Pure."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smartfleet.model.report import ProfileRow

_NAMED = 10
_HOST = "HOST"
_LIMITED = f" --limit {_HOST}"
_COMMAND = re.compile(r"smartfleet [a-z]+(?: --limit)?\Z")
_AFTER = ("", " ", ",", ".", ";")


@dataclass(frozen=True)
class Deed:
    """`do`: a command or what a person does; HOST stands in it for each of the hosts where they need one each."""

    do: str
    profiles: Sequence[ProfileRow]

    @property
    def first(self) -> ProfileRow:
        return self.profiles[0]


def deeds(profiles: Iterable[ProfileRow]) -> list[Deed]:
    """Of profiles with something left to do, grouped by what it is and why; the largest group first."""
    groups: dict[tuple[str, str, str], list[ProfileRow]] = defaultdict(list)
    for profile in profiles:
        if profile.do:
            groups[profile.outcome, profile.code, of_any(profile.do, profile.host)].append(profile)
    made = [Deed(of_all(do, rows[0].do, (row.host for row in rows)), rows) for (_, _, do), rows in groups.items()]
    return sorted(made, key=lambda deed: len(deed.profiles), reverse=True)


def of_any(do: str, host: str) -> str:
    """What is to be done, without the name of the host: in its commands, and where it ends with it."""
    told, *parts = do.split(f" {shlex.quote(host)}")
    for place, part in enumerate(parts, start=1):
        ends = not part and place == len(parts)
        named = ends or (_COMMAND.search(told) and part[:1] in _AFTER)
        told += f" {_HOST if named else shlex.quote(host)}{part}"
    return told


def of_all(do: str, named: str, hosts: Iterable[str]) -> str:
    """What is to be done on all of `hosts`; `named` is the first one's own. Many hosts are not named: a command finds
    by itself where there is something to do.
    """
    names = list(dict.fromkeys(hosts))
    if len(names) == 1:
        return named
    limit = f" --limit {shlex.quote(','.join(names))}" if len(names) <= _NAMED else ""
    return do.replace(_LIMITED, limit)
