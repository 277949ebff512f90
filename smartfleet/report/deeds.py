"""What is left to do, for all profiles that wait for the same. Pure."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smartfleet.model.report import ProfileRow

_NAMED = 10
_HOST = "HOST"
_LIMITED = f" --limit {_HOST}"


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
    """What is to be done, without the name of the host that a command ends with."""
    command, name, rest = do.rpartition(f" {shlex.quote(host)}")
    return f"{command} {_HOST}" if name and not rest else do


def of_all(do: str, named: str, hosts: Iterable[str]) -> str:
    """What is to be done on all of `hosts`; `named` is the first one's own. Many hosts are not named: a command finds
    by itself where there is something to do.
    """
    names = list(dict.fromkeys(hosts))
    if do.endswith(_LIMITED):
        command = do.removesuffix(_LIMITED)
        return f"{command} --limit {shlex.quote(','.join(names))}" if len(names) <= _NAMED else command
    return named if len(names) == 1 else do
