"""What may go wrong before nothing new is begun. Pure: hosts and what became of them in, whether it is spent out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from smartfleet.campaign.shares import count
from smartfleet.campaign.trouble import is_lost
from smartfleet.model.campaign import Budget, BudgetKind, Limit
from smartfleet.model.results import Outcome

Kind = BudgetKind
Scope = Literal["wave", "all"]

FAILED = frozenset({"failed", "unknown", "prepared"})
UNREACHABLE = frozenset({"waiting-online"})
_TRIED: tuple[Kind, ...] = ("failed", "unreachable")
_KINDS: tuple[Kind, ...] = (*_TRIED, "drifted")


@dataclass(frozen=True)
class Spent:
    """Which part of the budget is spent."""

    wave: int
    kind: Kind
    count: int
    tolerated: int
    scope: Scope

    def __str__(self) -> str:
        where = f"in wave {self.wave}" if self.scope == "wave" else "in all"
        hosts = "one host is" if self.count == 1 else f"{self.count} hosts are"
        return f"{hosts} {self.kind} {where}, and {self.tolerated} are tolerated"


def kinds(outcomes: Iterable[Outcome]) -> set[Kind]:
    """What a host with these outcomes (one for each profile) counts as; refused and waiting for a user is neither.

    One whose worker was lost could not be reached: that says nothing of the move.
    """
    names = {"waiting-online" if is_lost(one) else one.outcome for one in outcomes}
    found: set[Kind] = set()
    if names & FAILED:
        found.add("failed")
    if names & UNREACHABLE:
        found.add("unreachable")
    return found


def wrong(outcomes: Iterable[Outcome], drifted: Iterable[str]) -> dict[Kind, set[str]]:
    """The hosts that count, by what they count as."""
    told: dict[str, list[Outcome]] = {}
    for one in outcomes:
        told.setdefault(one.host, []).append(one)
    found: dict[Kind, set[str]] = {"drifted": set(drifted)}
    for host, its in told.items():
        for kind in kinds(its):
            found.setdefault(kind, set()).add(host)
    return found


@dataclass
class Tally:
    """Counts hosts while a run goes on. `forgiven` went so wrong before an admin said to go on all the same."""

    budget: Budget
    waves: Mapping[str, int] = field(metadata={"why": "the wave of each host of the run"})
    forgiven: Mapping[Kind, Collection[str]] = field(default_factory=dict)
    _sizes: Counter[int] = field(init=False)
    _bad: dict[Kind, set[str]] = field(init=False)
    _forgiven: dict[Kind, frozenset[str]] = field(init=False)
    _by_wave: Counter[tuple[Kind, int]] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        self._sizes = Counter(self.waves.values())
        self._bad = {kind: set() for kind in _KINDS}
        self._forgiven = {kind: frozenset(self.forgiven.get(kind, ())) for kind in _KINDS}

    def add(self, host: str, found: Collection[Kind]) -> None:
        """What the newest try of a host came to; it takes the place of an earlier one."""
        for kind in _TRIED:
            if kind in found:
                self._mark(host, kind)
            else:
                self._clear(host, kind)

    def drifted(self, host: str) -> None:
        """A folder of the host drifted; no later try makes that good."""
        self._mark(host, "drifted")

    def spent(self, waves: Collection[int]) -> Spent | None:
        """The first part that is spent, seen from the waves that are worked on."""
        for kind in _KINDS:
            limit: Limit = getattr(self.budget, kind)
            for wave in waves:
                bad, size = self._by_wave[kind, wave], self._sizes[wave]
                if limit.wave is not None and bad > count(limit.wave, size):
                    return Spent(wave, kind, bad, count(limit.wave, size), "wave")
            bad, size = len(self._bad[kind]), len(self.waves)
            if limit.all is not None and bad > count(limit.all, size):
                return Spent(max(waves, default=0), kind, bad, count(limit.all, size), "all")
        return None

    def _mark(self, host: str, kind: Kind) -> None:
        if host not in self._bad[kind] and host not in self._forgiven[kind] and host in self.waves:
            self._bad[kind].add(host)
            self._by_wave[kind, self.waves[host]] += 1

    def _clear(self, host: str, kind: Kind) -> None:
        if host in self._bad[kind]:
            self._bad[kind].discard(host)
            self._by_wave[kind, self.waves[host]] -= 1
