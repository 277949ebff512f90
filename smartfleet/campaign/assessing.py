"""What the newest audits of hosts mean, from what is kept where that was made of the same facts in the same way."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from smartfleet import __version__
from smartfleet.assess import assess
from smartfleet.errors import StoreError
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.store import Store
from smartfleet.store.documents import batches

_READ = ("servers", "move")
"""The parts of the configuration that `assess` looks at."""


class Assessed(NamedTuple):
    """A host that was audited."""

    host: str
    facts: HostFacts
    assessment: HostAssessment


def each_assessed(store: Store, config: FleetConfig, hosts: Sequence[str]) -> Iterator[Assessed]:
    """Of the newest facts of those of `hosts` that have any. What had to be made is kept for the next who asks."""
    ruler = _ruler(config)
    for part in batches(hosts):
        made: list[tuple[int, HostAssessment]] = []
        for one in store.each_audited(part, ruler):
            assessment = one.assessment
            if assessment is None:
                assessment = assess(one.host, one.taken, one.facts, config)
                made.append((one.facts_id, assessment))
            yield Assessed(one.host, one.facts, assessment)
        # whoever may only read the store sees as much; it takes longer
        with contextlib.suppress(StoreError):
            store.set_assessments(ruler, made)


def keep(store: Store, config: FleetConfig, run: str, assessments: Mapping[str, HostAssessment]) -> None:
    """What the facts mean that `run` has added to the store. Whoever asks next would make it, so a failure is none."""
    ruler = _ruler(config)
    with contextlib.suppress(StoreError):
        for part in batches(list(assessments)):
            numbers = store.facts_of(run, part)
            store.set_assessments(ruler, [(number, assessments[host]) for host, number in numbers.items()])


def _ruler(config: FleetConfig) -> str:
    """A digest of all that an assessment depends on beside the facts: the configuration and the program."""
    read = [__version__, *(getattr(config, name).model_dump(mode="json") for name in _READ)]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()
