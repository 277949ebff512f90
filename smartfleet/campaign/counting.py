"""Where a fleet stands, counted from what is kept of its hosts; those that became others since are judged anew."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from smartfleet.campaign.judging import gather
from smartfleet.campaign.standings import Ruler, add_up, ruler_of
from smartfleet.errors import StoreError
from smartfleet.fleet.schema import FleetConfig
from smartfleet.policy.judge import Policy
from smartfleet.report.data import Figures
from smartfleet.report.rows import rows_of
from smartfleet.store import Store
from smartfleet.store.documents import BATCH, batches
from smartfleet.store.standings import Marks, Standing

SECONDS = 2.0
"""How long one look judges hosts anew of which something is kept; what is begun then, a thousand at most, it ends."""
_AT_LEAST = 2_000
"""Standings that are written together: a run under way has its own to write, and each write waits for the disk."""
_NOTHING = Marks()


@dataclass
class Count:
    """What `report` would count, but for `behind` hosts, which are counted as they stood when they were judged last."""

    figures: Figures = field(default_factory=Figures)
    behind: int = 0


@dataclass
class Look:
    """Counts the hosts of a fleet; none is kept in the memory. Those that nothing is kept of are judged, always.

    What is judged is kept for the next look, which goes on where this one ended. `unchecked`: hosts whose key or
    certificate nobody looks at; None where that is not known, and who asks does not ask for what follows from it.
    `left`: for how many more seconds, by `clock`, hosts of which something is kept are judged anew.
    """

    store: Store
    config: FleetConfig
    policy: Policy
    unchecked: Collection[str] | None
    left: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    due: dict[str, Marks] = field(default_factory=dict)
    """Hosts to be judged: a few queries for many of them, wherever in the fleet they are."""
    unwritten: list[Standing] = field(default_factory=list)

    def over(self, hosts: Sequence[str]) -> Count:
        ruler, found = ruler_of(self.config, self.policy), Count()
        if ruler is None:
            for evidence in gather(self.store, self.config, hosts, self.unchecked or ()):
                found.figures.add(rows_of(evidence, self.policy.judge(evidence)))
            return found
        for part in batches(hosts):
            self._add(ruler, part, found)
            if len(self.due) >= BATCH:
                self._judge(ruler, found)
        self._judge(ruler, found)
        self._write()
        return found

    def _add(self, ruler: Ruler, hosts: Sequence[str], found: Count) -> None:
        marks, kept = self.store.marks(hosts), self.store.standings(hosts)
        new = [host for host in hosts if host not in kept]
        other = [
            one.host for one in kept.values() if not ruler.stands(one, marks.get(one.host, _NOTHING), self.unchecked)
        ]
        anew = [*new, *other] if self.left > 0 else new
        found.behind += len(new) + len(other) - len(anew)
        due = {host: marks.get(host, _NOTHING) for host in anew}
        add_up(found.figures, (one for one in kept.values() if one.host not in due))
        self.due |= due

    def _judge(self, ruler: Ruler, found: Count) -> None:
        marks, self.due = self.due, {}
        begun = self.clock()
        seen = gather(self.store, self.config, list(marks), self.unchecked or ())
        judged = [ruler.standing(one, self.policy.judge(one), marks[one.host]) for one in seen]
        add_up(found.figures, judged)
        self.left -= self.clock() - begun
        self.unwritten += judged
        if len(self.unwritten) >= _AT_LEAST:
            self._write()

    def _write(self) -> None:
        rows, self.unwritten = self.unwritten, []
        if rows and self.unchecked is not None:
            # whoever may only read the store sees as much; it takes longer
            with contextlib.suppress(StoreError):
                self.store.set_standings(rows)
