"""What hosts say in an audit, read and judged as it comes: whoever waits for the others has the time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from smartfleet.assess import assess
from smartfleet.campaign import parse
from smartfleet.campaign.runner import Progress
from smartfleet.campaign.trouble import Trouble
from smartfleet.engines.answers import Answer, HostAnswers
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.facts import HostFacts


@dataclass
class Taking:
    """By host: what was seen and when, what that means, and why what came is no facts. `told` hears all of it first."""

    config: FleetConfig
    told: Progress
    facts: dict[str, tuple[float, HostFacts]] = field(default_factory=dict)
    assessments: dict[str, HostAssessment] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)

    def take(self, answer: Answer) -> None:
        self.told(answer)
        host = HostAnswers(answer.host, [answer])
        if answer.state == "ok" and host.last("client_facts") is not None:
            self._read(host, interrupted=False)

    def end(self, host: HostAnswers, *, interrupted: bool) -> Trouble | None:
        """Why there are no facts of a host of which no more will come; None if there are."""
        if host.host not in self.facts and host.host not in self.troubles:
            self._read(host, interrupted=interrupted)
        return self.troubles.get(host.host)

    def _read(self, host: HostAnswers, *, interrupted: bool) -> None:
        found = parse.facts(host, interrupted=interrupted)
        if isinstance(found, Trouble):
            self.troubles[host.host] = found
            return
        now = time.time()
        self.facts[host.host] = now, found
        self.assessments[host.host] = assess(host.host, now, found, self.config)
