"""What the policy is told of a host, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.model.policy import CheckResult
from smartfleet.model.results import Outcome, Verdict


class FolderKey(NamedTuple):
    """A folder over time. The account's number and URL change with a move, its login and what it syncs do not."""

    user: str
    config_path: str
    login: str
    target_path: str


class FolderPlace(NamedTuple):
    """A folder as the newest audit names it."""

    user: str
    config_path: str
    account: str
    alias: str


@dataclass(frozen=True)
class FolderPast:
    """What earlier audits saw of a folder. Times are seconds since the epoch."""

    first_path: str
    first_seen: float
    pending_since: float | None = None
    """The first of the audits in a row that saw changes which wait to be uploaded; None if the newest saw none."""


@dataclass(frozen=True)
class Evidence:
    """All that is known of one host."""

    host: str
    facts: HostFacts | None = None
    """Of the newest audit; None for a host that was never audited."""
    assessment: HostAssessment | None = None
    """Of these facts."""
    outcomes: Sequence[Outcome] = ()
    verdicts: Sequence[Verdict] = ()
    """The newest of each profile and of each folder."""
    last_seen: float | None = None
    """When the host last answered, whatever it was asked."""
    unchecked: bool = False
    """The inventory switches off that its host key or certificate is checked."""
    verified: Mapping[FolderPlace, float] = field(default_factory=dict)
    """When the runs of the verdicts began, in seconds since the epoch; empty where nobody asks how old they are."""
    past: Mapping[FolderKey, FolderPast] = field(default_factory=dict)
    """Of folders that accounts on the fleet's servers have or had."""


def own_failure(outcomes: Sequence[Outcome]) -> Outcome | None:
    """Of the host itself: why nobody got as far as its users, where that will not pass by waiting."""
    # an outcome without a user is the host's own
    return next((one for one in outcomes if not one.user and one.outcome == "failed"), None)


@dataclass(frozen=True)
class Answers:
    """What the checks say of one host, profile or folder."""

    results: list[CheckResult] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    """Ids of the checks that passed."""


@dataclass(frozen=True)
class Judgement:
    """One host, judged. Every check of the policy answers for each of what it asks about, so none is left out."""

    host: Answers
    profiles: Mapping[tuple[str, str], Answers]
    """By user and path of the configuration."""
    folders: Mapping[FolderPlace, Answers]
    asked: Sequence[str] = ()
    """Ids of the policy's checks, sorted."""

    @property
    def everything(self) -> list[Answers]:
        return [self.host, *self.profiles.values(), *self.folders.values()]

    @property
    def compliant(self) -> bool:
        """No check of severity error fails or is unknown."""
        return not any(
            result.severity == "error" and result.answer != "waived"
            for answers in self.everything
            for result in answers.results
        )
