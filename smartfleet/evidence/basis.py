"""What a report rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.store import Store
from smartfleet.store.chain import Line


@dataclass(frozen=True)
class Basis:
    """Read one after the other, once: a fleet's facts never lie in the memory together."""

    facts: Iterable[tuple[str, float, HostFacts]]
    plans: Iterable[Plan]
    trail: Iterable[Line]
    settings: FleetConfig


def basis(store: Store, config: FleetConfig, hosts: Sequence[str]) -> Basis:
    """The newest facts of `hosts`, the plans that their newest outcomes came from, and all of the trail."""
    found = (store.plan(name) for name in store.plans_behind(hosts))
    return Basis(store.each_facts(hosts), (plan for plan in found if plan), store.trail_lines(), config)
