"""The rows of the page's table: one for each profile, and one for each host without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from smartfleet.model.policy import CheckResult
from smartfleet.model.report import HostRow, ProfileRow, ReportData
from smartfleet.model.results import VerdictName
from smartfleet.report.tones import Tone

Standing = Literal["violated", "unproven", "warned", "compliant"]
STANDINGS: Mapping[Standing, Tone] = {"violated": "bad", "unproven": "none", "warned": "wait", "compliant": "good"}
"""The worst first."""
_WORST: tuple[VerdictName, ...] = ("drift", "unknown", "match")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class TableRow:
    """A host with one of its profiles, or with none."""

    host: HostRow
    profile: ProfileRow | None
    name: str
    """Names the row in a link: the host, or host and user; with a number where a user has several profiles."""

    @property
    def results(self) -> list[CheckResult]:
        """Of the host, the profile and its folders."""
        if self.profile is None:
            return self.host.results
        folders = [result for folder in self.profile.folders for result in folder.results]
        return [*self.host.results, *self.profile.results, *folders]

    @property
    def standing(self) -> Standing:
        open_ = [result for result in self.results if result.answer != "waived"]
        errors = {result.answer for result in open_ if result.severity == "error"}
        if errors:
            return "violated" if "fail" in errors else "unproven"
        return "warned" if open_ else "compliant"

    @property
    def verdict(self) -> str:
        """The worst of its folders; "" without a folder."""
        return (worst(self.profile) if self.profile else None) or ""

    @property
    def client(self) -> str:
        if self.profile:
            return self.profile.client_installed or self.profile.client_version
        return self.host.clients[0] if self.host.clients else ""

    @property
    def seen(self) -> float:
        """When the host last answered, seconds since the epoch; 0 if it never did."""
        return self.host.last_seen or self.host.audited or 0.0


def worst(profile: ProfileRow) -> VerdictName | None:
    """Of the verdicts of its folders; None without a folder."""
    names = {folder.verdict for folder in profile.folders}
    return next((name for name in _WORST if name in names), None)


def rows(data: ReportData) -> list[TableRow]:
    """In the order of the names, 9 before 10."""
    profiles: dict[str, list[ProfileRow]] = {}
    for profile in data.profiles:
        profiles.setdefault(profile.host, []).append(profile)
    hosts = sorted(data.hosts, key=lambda host: natural(host.host))
    return [row for host in hosts for row in _rows_of(host, profiles.get(host.host, []))]


def _rows_of(host: HostRow, profiles: Sequence[ProfileRow]) -> Iterator[TableRow]:
    if not profiles:
        yield TableRow(host, None, host.host)
    names: dict[str, int] = {}
    for profile in sorted(profiles, key=lambda one: natural(one.user)):
        count = names[profile.user] = names.get(profile.user, 0) + 1
        number = f"/{count}" if count > 1 else ""
        yield TableRow(host, profile, f"{host.host}/{profile.user}{number}")


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers in names by their value, however long they are, and before letters."""
    return [_part(part) for part in _DIGITS.split(name) if part]


def _part(part: str) -> tuple[int, int, str]:
    if not part.isdecimal():
        return 1, 0, part.casefold()
    digits = part.lstrip("0")
    return 0, len(digits), digits
