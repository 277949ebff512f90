"""What people do while `apply` goes over their machines: told when by the run's own events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from smartfleet.lab.scenario import Machine, Moment, Scenario
from smartfleet.model.events import Event, HostDone, RunBegun, WaveEnded


class Meanwhile:
    """Lets every turn of the scenarios come at its moment; `tell` is told of each."""

    def __init__(
        self, scenarios: Sequence[Scenario], machines: Mapping[str, Machine], tell: Callable[[str], None]
    ) -> None:
        self._scenarios = scenarios
        self._machines = machines
        self._tell = tell
        self._waves_left = 0
        self._coming: list[Moment] = ["waves through", "somebody came"]

    def plan_made(self) -> None:
        self._come("planned")

    def event(self, event: Event) -> None:
        """To be called with each event of the run as it comes."""
        if isinstance(event, RunBegun):
            self._waves_left = len(event.waves)
        elif isinstance(event, WaveEnded):
            self._waves_left -= 1
        if self._coming and self._is_now(self._coming[0], event):
            self._come(self._coming.pop(0))

    def _is_now(self, moment: Moment, event: Event) -> bool:
        if moment == "waves through":
            return isinstance(event, WaveEnded) and not self._waves_left
        return isinstance(event, HostDone) and all(outcome.outcome == "moved" for outcome in event.outcomes)

    def _come(self, moment: Moment) -> None:
        for scenario in self._scenarios:
            for turn in scenario.turns:
                if turn.moment == moment:
                    turn.do(self._machines[scenario.name])
                    self._tell(turn.told)
