"""What becomes of a run's hosts: counted, and taken to the store while the run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from smartfleet.campaign import budget
from smartfleet.campaign.base import Clock
from smartfleet.campaign.refresh import FactsBook, Look, keep
from smartfleet.campaign.tries import tried
from smartfleet.errors import StoreError
from smartfleet.model.campaign import HostProgress, RunSettings
from smartfleet.model.results import Outcome

_SECONDS = 1.0
_HOSTS = 200

Key = tuple[str, str, str]


def key(outcome: Outcome) -> Key:
    return (outcome.host, outcome.user, outcome.config_path)


class Book(FactsBook, Protocol):
    """What this part writes to the store."""

    def outcomes(self, hosts: Sequence[str] | None = None, run: str = "") -> list[Outcome]: ...

    def add_outcomes(self, run: str, outcomes: Iterable[Outcome]) -> None: ...

    def set_progress(self, rows: Iterable[HostProgress]) -> None: ...


@dataclass
class _Unwritten:
    outcomes: list[Outcome] = field(default_factory=list)
    looks: dict[str, Look] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)


class Results:
    """`progress` (by host) and `outcomes` are as the run knows them now; the store follows within a second.

    A store that cannot be written loses nothing: what is not written stays here, and `trouble` says why.
    """

    def __init__(self, store: Book, run: str, settings: RunSettings, tally: budget.Tally, clock: Clock) -> None:
        self.progress: dict[str, HostProgress] = {}
        self.trouble: StoreError | None = None
        self.tally = tally
        self._outcomes: dict[str, dict[Key, Outcome]] = {}
        self._store = store
        self._run = run
        self._settings = settings
        self._clock = clock
        self._before: dict[str, HostProgress] = {}
        self._until: dict[str, float] = {}
        self._unwritten = _Unwritten()
        self._written = clock.now()

    def load(self, progress: Iterable[HostProgress], outcomes: Iterable[Outcome]) -> None:
        """What the run knew before it was interrupted."""
        self.progress.update({row.host: row for row in progress})
        for outcome in outcomes:
            self._outcomes.setdefault(outcome.host, {})[key(outcome)] = outcome
        for host, row in self.progress.items():
            if row.attempts:
                self.tally.add(host, budget.kinds(self.of(host)))

    def of(self, host: str) -> list[Outcome]:
        """The newest outcome of each of its profiles that the run knows."""
        return list(self._outcomes.get(host, {}).values())

    def begin(self, hosts: Iterable[str]) -> None:
        """Written before anything is done on the hosts. Raises StoreError.

        Who waited goes on waiting until the try is over: if this process dies, the queue still has the host.
        """
        self.flush(at_once=True)
        rows = [self.progress[host] for host in hosts]
        begun = [
            row.model_copy(
                update={
                    "state": "waiting" if row.state == "waiting" else "running",
                    "attempts": row.attempts + 1,
                }
            )
            for row in rows
        ]
        self._store.set_progress(begun)
        self._before |= {row.host: row for row in rows}
        self.progress.update({row.host: row for row in begun})

    def put_back(self, host: str) -> None:
        """A host whose turn did not come is as it was before."""
        self.progress[host] = self._before[host]
        self._unwritten.hosts.add(host)

    def add(self, host: str, outcomes: Sequence[Outcome], look: Look | None = None, *, until: float = 0.0) -> None:
        """What a try at a host, or at some of its profiles, came to; `until`: what its users put it off to."""
        self._outcomes.setdefault(host, {}).update({key(one): one for one in outcomes})
        known = self.of(host)
        if until:
            self._until[host] = until
        self.progress[host] = tried(self.progress[host], known, self._settings, self._clock, self._until.get(host))
        self.tally.add(host, budget.kinds(known))
        self._unwritten.outcomes += outcomes
        self._unwritten.hosts.add(host)
        if look:
            self._unwritten.looks[host] = look

    def flush(self, *, at_once: bool = False) -> None:
        """Writes what is not written yet, at most once a second; `at_once` does it now, and raises StoreError."""
        if at_once or len(self._unwritten.hosts) >= _HOSTS or abs(self._clock.now() - self._written) >= _SECONDS:
            self._written = self._clock.now()
            try:
                self._write()
                self.trouble = None
            except StoreError as error:
                self.trouble = error
                if at_once:
                    raise

    def _write(self) -> None:
        """Progress comes last: a host whose outcome may be lost is tried again, and tells it again."""
        left = self._unwritten
        if not left.hosts:
            return
        keep(self._store, self._run, left.looks)
        left.looks = {}
        self._store.add_outcomes(self._run, news(self._store, left.outcomes))
        left.outcomes = []
        self._store.set_progress([self.progress[host] for host in left.hosts])
        left.hosts = set()


def news(store: Book, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Without those that say "already" of a profile that an earlier run moved: its steps and proofs stay the news."""
    hosts = sorted({one.host for one in outcomes if one.outcome == "already"})
    before = {key(one): one.outcome for one in store.outcomes(hosts)} if hosts else {}
    return [one for one in outcomes if not (one.outcome == "already" and before.get(key(one)) in {"moved", "cured"})]
