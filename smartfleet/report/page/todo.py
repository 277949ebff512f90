"""What is left to do, for all hosts and profiles that need the same, and why. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from smartfleet.model.assessment import Severity
from smartfleet.model.policy import Answer, CheckResult
from smartfleet.model.report import HostRow, ProfileRow, ReportData
from smartfleet.model.results import OutcomeName, VerdictName
from smartfleet.report.deeds import of_all, of_any
from smartfleet.report.page.rows import natural, worst
from smartfleet.report.subjects import by_host, of_host
from smartfleet.text import visible

_NAMES_SHOWN = 8
_COMMAND = "smartfleet "
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
Place = tuple[str, str]
"""Host and user; without a user the host itself."""


@dataclass(frozen=True)
class Reason:
    """What a check answered, or what became of a profile and, where that is fine, the verdict of its folders."""

    check: str = ""
    answer: Answer = "fail"
    outcome: OutcomeName = "unknown"
    code: str = ""
    verdict: VerdictName | None = None

    @property
    def show(self) -> str:
        """The table's filter that shows where it is so."""
        if self.check:
            return urlencode({"check": visible(self.check), "answer": self.answer})
        fields = {"code": visible(self.code or self.outcome), "outcome": self.outcome}
        return urlencode(fields | ({"verdict": self.verdict} if self.verdict else {}))


@dataclass(frozen=True)
class Todo:
    """`do`: a command for all of them, or HOST stands in it for each, or what a person does."""

    do: str
    command: bool
    do_text: str
    """Key of `do` in the catalogs, with `values`; "" where it is a command, or only `do` says it."""
    values: Mapping[str, str]
    severity: Severity
    reasons: Sequence[tuple[Reason, int]]
    """And at how many places each holds, the most common first."""
    message: str
    """What a run said, where it is the only reason and the same everywhere; English."""
    count: int
    who: Sequence[Place]
    more: int
    """Of `count` places, that `who` does not name."""


@dataclass(frozen=True)
class _Need:
    """One reason to do something at one place."""

    place: Place
    do: str
    severity: Severity
    reason: Reason
    message: str = ""
    do_text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    spare: bool = False
    """Told only where there is no other reason."""


def todo(data: ReportData) -> list[Todo]:
    """The most severe first, then those of most places."""
    groups: dict[str, list[_Need]] = defaultdict(list)
    for host, profiles in by_host(data):
        for need in _needs(host, profiles):
            groups[of_any(need.do, host.host)].append(need)
    found = [_todo(do, needs) for do, needs in groups.items()]
    return sorted(found, key=lambda one: (_SEVERITIES.index(one.severity), -one.count))


def _needs(host: HostRow, profiles: Sequence[ProfileRow]) -> Iterator[_Need]:
    for profile in profiles:
        if profile.do:
            yield _of_profile(profile)
    for subject in of_host(host, profiles):
        for result in subject.results:
            if result.do and result.answer != "waived":
                yield _of_result((subject.host, subject.user), result)


def _of_profile(profile: ProfileRow) -> _Need:
    """Where nothing was tried yet, what checks found says more than the state."""
    verdict = None if profile.message else worst(profile)
    reason = Reason(outcome=profile.outcome, code=profile.code, verdict=verdict)
    severe = profile.outcome in {"failed", "refused"} or verdict == "drift"
    return _Need(
        (profile.host, profile.user),
        profile.do,
        "error" if severe else "warning",
        reason,
        profile.message,
        spare=profile.code == f"state-{profile.state}",
    )


def _of_result(place: Place, result: CheckResult) -> _Need:
    reason = Reason(check=result.check, answer=result.answer)
    return _Need(place, result.do, result.severity, reason, do_text=result.do_text, values=result.values)


def _todo(do: str, needs: Sequence[_Need]) -> Todo:
    told = [need for need in needs if not need.spare]
    explained = {need.place for need in told}
    told += [need for need in needs if need.spare and need.place not in explained]
    places = sorted({need.place for need in told}, key=lambda place: [natural(part) for part in place])
    reasons = Counter(reason for _, reason in {(need.place, need.reason): need.reason for need in told})
    command = do.startswith(_COMMAND)
    worded = next((need for need in told if need.do_text), told[0])
    return Todo(
        do=of_all(do, told[0].do, (host for host, _ in places)),
        command=command,
        do_text="" if command else worded.do_text,
        values=worded.values if len({host for host, _ in places}) == 1 else {**worded.values, "host": "HOST"},
        severity=min((need.severity for need in told), key=_SEVERITIES.index),
        reasons=reasons.most_common(),
        message=told[0].message if len({(need.reason, need.message) for need in told}) == 1 else "",
        count=len(places),
        who=places[:_NAMES_SHOWN],
        more=max(0, len(places) - _NAMES_SHOWN),
    )
