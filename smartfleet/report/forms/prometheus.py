"""The report as metrics in Prometheus' text format, for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from smartfleet.model.report import ReportData
from smartfleet.model.results import OutcomeName, VerdictName
from smartfleet.text import visible
from smartfleet.words import Words

Samples = Mapping[tuple[str, ...], float]
"""Value by the values of the labels, so that no series stands there twice: a collector would refuse the file."""


def write(data: ReportData, out: BinaryIO, words: Words) -> None:  # noqa: ARG001 - programs read it: one language
    registry = CollectorRegistry()
    registry.register(_Report(data))
    out.write(generate_latest(registry))


# not equal to another one: the registry knows collectors by what they are
@dataclass(frozen=True, eq=False)
class _Report(Collector):
    data: ReportData

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All are gauges with the label fleet: they tell a state, and nothing is counted up."""
        yield from self._fleet()
        yield from self._counts()
        yield from self._hosts()

    def _fleet(self) -> Iterator[GaugeMetricFamily]:
        head = self.data.headline
        yield self._one("report_created_timestamp_seconds", "When the report was made.", self.data.created)
        yield self._one("hosts", "Hosts of the report.", head.hosts)
        yield self._one("hosts_seen", "Hosts that were audited.", head.hosts_seen)
        yield self._one("hosts_compliant", "Hosts with no failed or unknown error check.", head.hosts_compliant)
        yield self._one("profiles", "Users' client configurations.", head.profiles)
        yield self._one("profiles_on_old_server", "Profiles with an account on an old server.", head.on_old_server)
        yield self._one("folders", "Sync folders.", head.folders)
        yield self._one("folders_bytes", "Bytes in sync folders.", head.bytes_in_folders)
        yield self._one("warnings", "Warnings about the fleet itself.", len(self.data.warnings))

    def _counts(self) -> Iterator[GaugeMetricFamily]:
        head, checks, shares = self.data.headline, self.data.checks, self.data.shares
        outcomes: Samples = {(name,): head.outcomes.get(name, 0) for name in get_args(OutcomeName)}
        verdicts: Samples = {(name,): head.verdicts.get(name, 0) for name in get_args(VerdictName)}
        yield self._many("profile_outcomes", "Profiles by outcome.", ["outcome"], outcomes)
        yield self._many("folder_verdicts", "Folders by verdict.", ["verdict"], verdicts)
        answers: Samples = {
            (count.check.check, count.check.severity, count.check.scope, answer): number
            for count in checks
            for answer, number in (
                *(("pass", count.passed), ("fail", count.failed)),
                *(("unknown", count.unknown), ("waived", count.waived)),
            )
        }
        labels = ["check", "severity", "scope", "answer"]
        yield self._many("check_answers", "Hosts, profiles or folders by answer.", labels, answers)
        hosts: Samples = {(share.by, share.name): share.hosts for share in shares}
        compliant: Samples = {(share.by, share.name): share.compliant for share in shares}
        yield self._many("part_hosts", "Hosts of a part of the fleet.", ["by", "name"], hosts)
        yield self._many("part_hosts_compliant", "Compliant hosts of a part.", ["by", "name"], compliant)

    def _hosts(self) -> Iterator[GaugeMetricFamily]:
        rows = self.data.hosts
        compliant: Samples = {(host.host, host.os, host.site, host.wave): host.compliant for host in rows}
        audited: Samples = {(host.host,): host.audited for host in rows if host.audited is not None}
        seen: Samples = {(host.host,): host.last_seen for host in rows if host.last_seen is not None}
        labels = ["host", "os", "site", "wave"]
        yield self._many("host_compliant", "Whether the host is compliant.", labels, compliant)
        yield self._many("host_audited_timestamp_seconds", "When the host was audited.", ["host"], audited)
        yield self._many("host_last_seen_timestamp_seconds", "When the host last answered.", ["host"], seen)

    def _one(self, name: str, told: str, value: float) -> GaugeMetricFamily:
        return self._many(name, told, [], {(): value})

    def _many(self, name: str, told: str, labels: Sequence[str], samples: Samples) -> GaugeMetricFamily:
        family = GaugeMetricFamily(f"smartfleet_{name}", told, labels=["fleet", *labels])
        shown = {tuple(visible(part) for part in (self.data.fleet, *key)): value for key, value in samples.items()}
        for values, value in shown.items():
            family.add_metric(values, value)
        return family
