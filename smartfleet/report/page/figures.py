"""What stands above the table: figures, findings by severity, and what to do next. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from smartfleet.model.assessment import Severity
from smartfleet.model.policy import CheckCount, CheckResult, Waiver
from smartfleet.model.report import ReportData
from smartfleet.report.tones import OUTCOMES, Tone

_NAMES_SHOWN = 8
_OLD = "check=old-server&answer=fail"
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Card:
    """A headline figure: `count` of `whole` where that says more. `key` names its texts in the catalog."""

    key: str
    count: int
    tone: Tone
    whole: int | None = None
    note: int = 0
    """The number in the card's small print."""
    show: str = ""
    """The table's filter that shows what was counted."""


@dataclass(frozen=True)
class BarPart:
    """Profiles of one outcome, as a part of the bar. In thousandths of its width."""

    name: str
    count: int
    tone: Tone
    start: int
    width: int


@dataclass(frozen=True)
class Findings:
    """The checks of one severity that are not answered with pass everywhere, the most failures first."""

    severity: Severity
    checks: list[CheckCount]


@dataclass(frozen=True)
class Waived:
    """A waiver that was used, or would have been if it was not over, and on how many hosts."""

    check: str
    waiver: Waiver
    holds: bool
    hosts: int


def cards(data: ReportData) -> list[Card]:
    head = data.headline
    new = sum(profile.state == "new" for profile in data.profiles)
    bad = head.outcomes.get("failed", 0) + head.outcomes.get("refused", 0)
    match, drift = head.verdicts.get("match", 0), head.verdicts.get("drift", 0)
    errors = [count for count in data.checks if count.check.severity == "error"]
    failing, unknown = sum(count.failed for count in errors), sum(count.unknown for count in errors)
    # nothing is said to be good of what nobody has seen
    none_left: Tone = "good" if head.profiles else "none"
    no_doubt: Tone = "good" if errors and not unknown else "none"
    unseen = head.hosts - head.hosts_seen
    return [
        Card("seen", head.hosts_seen, _all(head.hosts_seen, head.hosts), head.hosts, unseen),
        Card("new", new, _all(new, head.profiles), head.profiles, show="state=new"),
        Card("old", head.on_old_server, "wait" if head.on_old_server else none_left, show=_OLD),
        Card(
            "match",
            match,
            "bad" if drift else _all(match, head.folders),
            head.folders,
            drift,
            "verdict=drift" if drift else "verdict=match",
        ),
        Card("trouble", bad, "bad" if bad else none_left, show="group=bad"),
        Card("violations", failing, "bad" if failing else no_doubt, None, unknown, "standing=violated"),
    ]


def _all(count: int, whole: int) -> Tone:
    return "good" if whole and count == whole else "none"


def bar(data: ReportData) -> list[BarPart]:
    """Every outcome that there is; a part that few profiles make up can still be seen."""
    counts = [(name, data.headline.outcomes.get(name, 0), tone) for name, tone in OUTCOMES.items()]
    found = [one for one in counts if one[1]]
    total = sum(count for _, count, _ in found)
    parts, start = [], 0
    for name, count, tone in found:
        width = max(4, count * 1000 // total)
        parts.append(BarPart(name, count, tone, start, width))
        start += width
    return parts


def findings(checks: Sequence[CheckCount]) -> list[Findings]:
    return [
        Findings(severity, found)
        for severity in _SEVERITIES
        if (found := sorted((one for one in checks if one.check.severity == severity and _open(one)), key=_order))
    ]


def clean(checks: Sequence[CheckCount]) -> list[CheckCount]:
    """Those that passed wherever they were asked."""
    return [one for one in checks if one.passed and not _open(one)]


def unasked(checks: Sequence[CheckCount]) -> list[CheckCount]:
    """Those that nothing was asked yet: that is no pass."""
    return [one for one in checks if not one.passed and not _open(one)]


def _open(count: CheckCount) -> bool:
    return bool(count.failed or count.unknown or count.waived)


def _order(count: CheckCount) -> tuple[int, int, int]:
    return -count.failed, -count.unknown, -count.waived


def waivers(data: ReportData) -> list[Waived]:
    """By check and day; those that are over, which accept nothing any more, first."""
    hosts: dict[tuple[str, Waiver, bool], set[str]] = defaultdict(set)
    for host, result in _results(data):
        if result.waiver:
            hosts[result.check, result.waiver, result.answer == "waived"].add(host)
    found = [Waived(check, waiver, holds, len(names)) for (check, waiver, holds), names in hosts.items()]
    return sorted(found, key=lambda one: (one.holds, one.check, one.waiver.until, one.waiver.who))


def _results(data: ReportData) -> Iterator[tuple[str, CheckResult]]:
    for host in data.hosts:
        yield from ((host.host, result) for result in host.results)
    for profile in data.profiles:
        yield from ((profile.host, result) for result in profile.results)
        yield from ((profile.host, result) for folder in profile.folders for result in folder.results)
