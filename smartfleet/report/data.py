"""What a report says, computed from what the store holds. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from smartfleet.model.assessment import Finding
from smartfleet.model.policy import CheckInfo
from smartfleet.model.report import Headline, HostRow, Point, ProfileRow, ReportData
from smartfleet.model.results import OutcomeName, VerdictName
from smartfleet.report.counts import Counts
from smartfleet.report.rows import Rows
from smartfleet.report.shares import shares


def build(
    *,
    created: float,
    fleet: str,
    old_servers: Sequence[str],
    new_server: str,
    hosts: Iterable[Rows],
    checks: Sequence[CheckInfo] = (),
    history: Sequence[Point] = (),
    warnings: Sequence[Finding] = (),
) -> ReportData:
    """The report of a fleet.

    `hosts` are all that the report is about, each once, in any order; `checks` are all of the policy that judged them.
    """
    rows: list[HostRow] = []
    profiles: list[ProfileRow] = []
    counts = Counts()
    for one in hosts:
        rows.append(one.host)
        profiles += one.profiles
        counts.add(one)
    rows.sort(key=lambda row: row.host)
    profiles.sort(key=lambda row: row.host)
    return ReportData(
        created=created,
        fleet=fleet,
        old_servers=list(old_servers),
        new_server=new_server,
        headline=headline(rows, profiles),
        profiles=profiles,
        hosts=rows,
        checks=counts.of(checks),
        history=list(history),
        shares=shares(rows, profiles),
        warnings=list(warnings),
    )


class Figures:
    """Told of one host after the other, so that the rows of a fleet need not lie in the memory together.

    `unplanned`: whether a profile is on an old server and nothing was tried with it; `unproven`: whether a folder of
    one that is on the new server was never compared; `bytes`: in folders.
    """

    def __init__(self) -> None:
        self.unplanned = self.unproven = False
        self.bytes = 0
        self._hosts: Counter[str] = Counter()
        self._profiles: Counter[str] = Counter()
        self._folders: Counter[str] = Counter()
        self._outcomes: Counter[OutcomeName] = Counter()
        self._verdicts: Counter[VerdictName] = Counter()

    def add(self, rows: Rows) -> None:
        self.add_host(rows.host)
        for profile in rows.profiles:
            self.add_profile(profile)

    def add_host(self, host: HostRow) -> None:
        self._hosts.update(all=1, seen=host.audited is not None, compliant=host.compliant)

    def add_profile(self, profile: ProfileRow) -> None:
        is_old = profile.state in {"old", "both"}
        self._profiles.update(all=1, old=is_old)
        self._outcomes[profile.outcome] += 1
        self.unplanned = self.unplanned or (is_old and profile.outcome == "unknown")
        for folder in profile.folders:
            self._folders["all"] += 1
            self.bytes += folder.bytes
            self._verdicts[folder.verdict] += 1
            self.unproven = self.unproven or (profile.state == "new" and not folder.level)

    def written(self) -> str:
        """All that was counted but the bytes, the same text for the same counts."""
        counted = [sorted((+one).items()) for one in self._counters()]
        return json.dumps([self.unplanned, self.unproven, *counted], separators=(",", ":"))

    def add_written(self, document: str, times: int, bytes_: int) -> None:
        """What `written` told of each of `times` hosts, with the bytes of all of them."""
        unplanned, unproven, *counted = json.loads(document)
        for mine, others in zip(self._counters(), counted, strict=True):
            mine.update({name: times * number for name, number in others})
        self.bytes += bytes_
        self.unplanned, self.unproven = self.unplanned or unplanned, self.unproven or unproven

    def _counters(self) -> Sequence[Counter[Any]]:
        return self._hosts, self._profiles, self._folders, self._outcomes, self._verdicts

    def headline(self) -> Headline:
        return Headline(
            hosts=self._hosts["all"],
            hosts_seen=self._hosts["seen"],
            hosts_compliant=self._hosts["compliant"],
            profiles=self._profiles["all"],
            on_old_server=self._profiles["old"],
            outcomes=dict(self._outcomes),
            folders=self._folders["all"],
            verdicts=dict(self._verdicts),
            bytes_in_folders=self.bytes,
        )


def headline(hosts: Iterable[HostRow], profiles: Iterable[ProfileRow]) -> Headline:
    """What the rows come to."""
    figures = Figures()
    for host in hosts:
        figures.add_host(host)
    for profile in profiles:
        figures.add_profile(profile)
    return figures.headline()
