"""What is to be done, for all machines and users that need the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smartfleet.model.assessment import Severity
from smartfleet.model.report import ProfileRow, ReportData
from smartfleet.report.deeds import of_all, of_any
from smartfleet.report.subjects import by_host, message, of_host, remedy
from smartfleet.words import Words

Place = tuple[str, str]
"""Host and user; without a user the host itself."""
_ORDER: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class _Need:
    """One reason to do something."""

    place: Place
    do: str
    reason: str
    severity: Severity
    spare: bool = False
    """Told only where there is no other reason."""


@dataclass(frozen=True)
class Task:
    """`do`: a command for all of them, or HOST stands in it for each, or what a person does."""

    do: str
    severity: Severity
    reasons: Mapping[Place, Sequence[str]]

    @property
    def places(self) -> dict[tuple[str, ...], list[Place]]:
        """The places by why they need it: many have the same reasons."""
        places: dict[tuple[str, ...], list[Place]] = {}
        for place, reasons in self.reasons.items():
            places.setdefault(tuple(reasons), []).append(place)
        return places


def tasks(data: ReportData, words: Words) -> list[Task]:
    """The most severe first, then those of most places."""
    groups: dict[str, list[_Need]] = {}
    for need in _needs(data, words):
        groups.setdefault(of_any(need.do, need.place[0]), []).append(need)
    made = [_task(do, needs) for do, needs in groups.items()]
    return sorted(made, key=lambda task: (_ORDER[task.severity], -len(task.reasons)))


def _needs(data: ReportData, words: Words) -> Iterator[_Need]:
    for host, profiles in by_host(data):
        for profile in profiles:
            if profile.do:
                yield _of_profile(profile, words)
        for subject in of_host(host, profiles):
            for result in subject.results:
                if result.do and result.answer != "waived":
                    reason, do = message(result, words), remedy(result, words)
                    yield _Need((subject.host, subject.user), do, reason, result.severity)


def _of_profile(profile: ProfileRow, words: Words) -> _Need:
    """Where nothing was tried yet, what checks found says more than the state."""
    severity: Severity = "error" if profile.outcome in {"failed", "refused"} else "warning"
    untried = profile.code == f"state-{profile.state}"
    reason = words(f"report.state.{profile.state}") if untried else profile.message or profile.outcome
    return _Need((profile.host, profile.user), profile.do, reason, severity, spare=untried)


def _task(do: str, needs: list[_Need]) -> Task:
    severity = min((need.severity for need in needs), key=_ORDER.__getitem__)
    reasons: dict[Place, list[str]] = {}
    for need in sorted(needs, key=lambda need: need.spare):
        if need.spare and need.place in reasons:
            continue
        told = reasons.setdefault(need.place, [])
        if need.reason not in told:
            told.append(need.reason)
    return Task(of_all(do, needs[0].do, (need.place[0] for need in needs)), severity, reasons)
