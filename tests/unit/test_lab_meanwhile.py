"""What people do in the demo while `apply` runs: each turn once, at its moment."""

from __future__ import annotations

from typing import Any

import pytest

from smartfleet.lab.meanwhile import Meanwhile
from smartfleet.lab.scenario import Moment, Scenario, Turn
from smartfleet.lab.scenarios import SCENARIOS
from smartfleet.model.events import Event, HostDone, RunBegun, WaveEnded
from smartfleet.model.results import Outcome, OutcomeName


def scenario(name: str, done: list[str], *moments: Moment) -> Scenario:
    turns = tuple(Turn(moment, f"{name} {moment}", lambda _host: done.append(name)) for moment in moments)
    return Scenario(name, "", lambda _lab, _name: machine(), {}, turns)


def machine() -> Any:
    return object()


def ended(wave: int) -> WaveEnded:
    return WaveEnded(time=1.0, run="run-1", wave=wave, name=f"wave {wave}", outcomes={})


def tried(outcome: OutcomeName) -> HostDone:
    told = Outcome(host="pc", user="anna", config_path="/c", outcome=outcome)
    return HostDone(time=1.0, run="run-1", wave=0, host="pc", outcomes=[told])


def test_every_turn_comes_once_at_its_moment() -> None:
    done: list[str] = []
    told: list[str] = []
    office = [scenario("laptop", done, "planned", "waves through"), scenario("desk", done, "somebody came")]
    meanwhile = Meanwhile(office, {"laptop": machine(), "desk": machine()}, told.append)
    meanwhile.plan_made()
    first, second = ["laptop planned"], ["laptop planned", "laptop waves through"]
    third = [*second, "desk somebody came"]
    steps: list[tuple[Event, list[str]]] = [
        (RunBegun(time=1.0, run="run-1", verb="apply", plan_hash="", hosts=3, waves=[1, 2]), first),
        (tried("moved"), first),
        (ended(0), first),
        (tried("waiting-online"), first),
        (ended(1), second),
        (tried("waiting-online"), second),
        (tried("moved"), third),
        (tried("moved"), third),
    ]
    for event, expected in steps:
        meanwhile.event(event)
        assert told == expected
    assert done == ["laptop", "laptop", "desk"]


@pytest.mark.parametrize("one", SCENARIOS, ids=lambda one: one.name)
def test_the_scenarios_turns_name_their_machine(one: Scenario) -> None:
    assert all(turn.told.startswith(f"{one.name}: ") for turn in one.turns)
