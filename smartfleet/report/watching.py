"""A run as its events tell it: how far each wave is, how fast it goes, what went wrong last. No clock, no terminal."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Literal

from smartfleet.model.events import (
    BudgetSpent,
    Event,
    FolderVerified,
    HostDone,
    Probed,
    RunBegun,
    RunEnded,
    Waiting,
    WaveBegun,
    WaveEnded,
)
from smartfleet.model.results import WORST_FIRST, Outcome

TROUBLE = frozenset({"failed", "unknown", "prepared", "refused"})
_AWAY = "waiting-online"
_PROBLEMS = 5
# fewer hosts than this tell nothing of the speed
_FEW = 3


@dataclass(frozen=True)
class Problem:
    """What an admin should see at once."""

    kind: str
    code: str
    place: str
    message: str


@dataclass
class WaveWatch:
    """A wave: how many of its hosts are through, and with what."""

    name: str
    hosts: int
    state: Literal["pending", "running", "done"] = "pending"
    before: int = 0
    """Hosts that were through before this run was resumed."""
    words: dict[str, str] = field(default_factory=dict)
    """The worst outcome of each host that was heard of."""
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def through(self) -> int:
        return min(self.hosts, self.before + len(self.words))

    @property
    def counts(self) -> Counter[str]:
        """Hosts by their worst outcome."""
        return Counter(self.words.values())


class Watching:
    """Folds events; ask it for a picture at any time. Times are seconds since the epoch, as the events have them."""

    def __init__(self) -> None:
        self.run = ""
        self.verb = ""
        self.resumed = False
        self.begun = 0.0
        self.waves: list[WaveWatch] = []
        self.now: int | None = None
        """The number of the wave that runs, or ran last."""
        self.waiting: Waiting | None = None
        self.spent: BudgetSpent | None = None
        self.ended: RunEnded | None = None
        self.problems: deque[Problem] = deque(maxlen=_PROBLEMS)
        self._worked = 0
        self._seconds = 0.0
        self._since: float | None = None

    def tell(self, event: Event) -> None:
        self.waiting = event if isinstance(event, Waiting) else None
        match event:
            case RunBegun():
                self._begin(event)
            case WaveBegun():
                self._begin_wave(event)
            case Probed():
                self._since = event.time
            case HostDone():
                self._host(event)
            case FolderVerified():
                self._folder(event)
            case WaveEnded():
                self._wave(event.wave).state = "done"
                self._rest(event.time)
            case BudgetSpent():
                self.spent = event
            case RunEnded():
                self.ended = event
                self._rest(event.time)
            case Waiting():
                self._rest(event.time)

    @property
    def hosts(self) -> int:
        return sum(wave.hosts for wave in self.waves)

    @property
    def through(self) -> int:
        return sum(wave.through for wave in self.waves)

    @property
    def wave(self) -> WaveWatch | None:
        """The wave that runs."""
        current = self.waves[self.now] if self.now is not None else None
        return current if current and current.state == "running" else None

    def rate(self, now: float) -> float | None:
        """Hosts a minute while waves run, pauses and hosts that are away left out; None while that is a guess."""
        seconds = self._seconds + (max(0.0, now - self._since) if self._since is not None else 0.0)
        return self._worked * 60 / seconds if self._worked >= _FEW and seconds > 0 else None

    def remaining(self, now: float) -> float | None:
        """Seconds of work that is left, pauses not counted; None while it cannot be told."""
        rate = self.rate(now)
        left = self.hosts - self.through
        return left * 60 / rate if rate and left and self.ended is None else None

    def _begin(self, event: RunBegun) -> None:
        self.run, self.verb, self.resumed = event.run, event.verb, event.resumed
        self.begun = event.time
        self.now, self.spent, self.ended = None, None, None
        self._worked, self._seconds, self._since = 0, 0.0, None
        names = event.names or [f"wave {number}" for number in range(1, len(event.waves) + 1)]
        before = event.through or [0] * len(event.waves)
        self.waves = [
            WaveWatch(name, hosts, "done" if hosts and past >= hosts else "pending", past)
            for name, hosts, past in zip(names, event.waves, before, strict=False)
        ]

    def _begin_wave(self, event: WaveBegun) -> None:
        wave = self._wave(event.wave)
        wave.name, wave.state = event.name, "running"
        wave.hosts = max(wave.hosts, event.hosts)
        self.now, self._since = event.wave, event.time

    def _host(self, event: HostDone) -> None:
        wave = self._wave(event.wave)
        word = worst(event.outcomes)
        self._worked += word != _AWAY
        wave.words[event.host] = word
        for outcome in event.outcomes:
            if outcome.outcome in TROUBLE:
                place = f"{event.host} {outcome.user}".strip()
                self.problems.append(Problem(outcome.outcome, outcome.code, place, outcome.message))

    def _folder(self, event: FolderVerified) -> None:
        found = event.verdict
        self._wave(event.wave).verdicts[found.verdict] += 1
        if found.verdict == "drift":
            place = f"{found.host} {found.user} {found.local_path}"
            self.problems.append(Problem(found.verdict, "", place, found.reason))

    def _rest(self, now: float) -> None:
        """From now on no time passes that counts for the speed."""
        if self._since is not None:
            self._seconds += max(0.0, now - self._since)
        self._since = None

    def _wave(self, number: int) -> WaveWatch:
        while len(self.waves) <= number:
            self.waves.append(WaveWatch(f"wave {len(self.waves)}", 0))
        return self.waves[number]


def worst(outcomes: list[Outcome]) -> str:
    """The word that stands for a host; a host without a profile has nothing to do."""
    words = {outcome.outcome for outcome in outcomes}
    return next((word for word in WORST_FIRST if word in words), "already")
