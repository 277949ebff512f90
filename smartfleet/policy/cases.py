"""What a check looks at, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, Literal, NamedTuple, TypeVar

from smartfleet.checks.view import Aim
from smartfleet.model.assessment import AccountAssessment, FolderAssessment, HostAssessment, ProfileAssessment, Severity
from smartfleet.model.facts import FolderFacts, HostFacts, ProfileFacts
from smartfleet.model.policy import Scope, Source
from smartfleet.model.results import Outcome, Verdict
from smartfleet.policy.evidence import Evidence, FolderPast

DAY = 86_400.0
AHEAD = DAY
"""Seconds: no more than clocks of several machines differ."""


class Limits(NamedTuple):
    """The thresholds of the policy, and when it is asked. Times in seconds (`now`: since the epoch).

    `verified`: infinite where nobody wants to know how old verifications are.
    """

    now: float
    unseen: float
    audit: float
    verified: float
    pending: float
    minimum: str
    bad: Sequence[str]
    aim: Aim


class HostCase(NamedTuple):
    """A host that was audited.

    `shared`: places that several accounts sync, of one profile or of several; `troubles`: codes of what could not be
    seen.
    """

    limits: Limits
    evidence: Evidence
    facts: HostFacts
    seen: HostAssessment
    shared: frozenset[str]
    troubles: frozenset[str]

    @property
    def windows(self) -> bool:
        return self.seen.os == "windows"


class ProfileCase(NamedTuple):
    """`own`: its accounts on the fleet's servers, the old ones and the new one; `outcome`: of its newest move."""

    host: HostCase
    facts: ProfileFacts
    seen: ProfileAssessment
    own: Sequence[AccountAssessment]
    outcome: Outcome | None


class FolderCase(NamedTuple):
    """A folder of an account on one of the fleet's servers. `verified`: when, where that is known."""

    profile: ProfileCase
    account: AccountAssessment
    facts: FolderFacts
    seen: FolderAssessment
    verdict: Verdict | None
    past: FolderPast | None
    verified: float | None


class Told(NamedTuple):
    """An answer that is no pass. `text` and `do` are keys of the catalogs; without `do` the check's own remedy stands.

    Names in `values` are of people (`login`), paths (`path`, `before`, `other`), or of neither: a report that hides
    names goes by that. `message` is what was found where no catalog has it.
    """

    answer: Literal["fail", "unknown"]
    text: str
    values: Mapping[str, str] = MappingProxyType({})
    do: str = ""
    message: str = ""


Case = TypeVar("Case", HostCase, ProfileCase, FolderCase)
Whom = Literal["fleet", "readable", "all"]
"""Which profiles a check is asked of: those with an account on the fleet's servers, while all others pass; all whose
accounts are known, while the others are unknown; or every one."""


class Texts(NamedTuple):
    """What is said of a check that no catalog knows."""

    title: str
    why: str
    do: str


@dataclass(frozen=True)
class Check(Generic[Case]):
    """A check of the policy; `ask` answers None for a pass, and never raises."""

    check: str
    scope: Scope
    severity: Severity
    ask: Callable[[Case], Told | None]
    whom: Whom = "fleet"
    source: Source = "built-in"
    texts: Texts | None = None


def fail(text: str, do: str = "", **values: object) -> Told:
    return Told("fail", text, {name: str(value) for name, value in values.items()}, do)


def unknown(text: str, do: str = "", **values: object) -> Told:
    return Told("unknown", text, {name: str(value) for name, value in values.items()}, do)
