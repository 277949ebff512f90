"""What is counted of a host, kept for as long as judging it anew would count the same."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from smartfleet import __version__
from smartfleet.fleet.schema import FleetConfig
from smartfleet.policy.evidence import Evidence, Judgement
from smartfleet.policy.judge import Policy
from smartfleet.policy.lasting import Lasting
from smartfleet.report.data import Figures
from smartfleet.report.rows import rows_of
from smartfleet.store.standings import Marks, Standing

_READ = ("servers", "move", "policy")
"""The parts of the configuration that hosts are judged by."""


@dataclass(frozen=True)
class Ruler:
    """What hosts are judged by beside what is known of them. `digest`: of the configuration and the program."""

    policy: Policy
    digest: str

    def standing(self, evidence: Evidence, judgement: Judgement, marks: Marks) -> Standing:
        """`marks`: read before the evidence, so that what was written meanwhile is not taken for counted."""
        counted = Figures()
        counted.add(rows_of(evidence, judgement))
        lasting = self.policy.lasts(evidence)
        return Standing(
            evidence.host, marks, self.digest, evidence.unchecked, *lasting, counted.bytes, counted.written()
        )

    def stands(self, one: Standing, marks: Marks, unchecked: Collection[str] | None) -> bool:
        """Whether judging the host anew would count the same. `unchecked`: None where it is not asked for."""
        return (
            one.marks == marks
            and one.ruler == self.digest
            and (unchecked is None or one.unchecked == (one.host in unchecked))
            and self.policy.still_holds(Lasting(one.since, one.until, one.after_day, one.last_day))
        )


def ruler_of(config: FleetConfig, policy: Policy) -> Ruler | None:
    """None where no answer can be kept: checks that are Python may ask whatever they like."""
    if any(check.python for check in config.policy.checks):
        return None
    read = [__version__, *(getattr(config, name).model_dump(mode="json") for name in _READ)]
    return Ruler(policy, hashlib.sha256(json.dumps(read).encode()).hexdigest())


def add_up(found: Figures, standings: Iterable[Standing]) -> None:
    """Adds what is kept to `found`; equal counts are read once."""
    times, sizes = Counter[str](), defaultdict[str, int](int)
    for one in standings:
        times[one.document] += 1
        sizes[one.document] += one.bytes
    for document, count in times.items():
        found.add_written(document, count, sizes[document])
