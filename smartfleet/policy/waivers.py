"""Waivers: checks that are accepted not to pass, for some hosts and until a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase, translate
from typing import NamedTuple

from smartfleet.fleet.own import WaiverSettings
from smartfleet.model.policy import Waiver


class Accepted(NamedTuple):
    """A waiver of a host's; `holds` until the end of its last day, in the time zone of this machine."""

    check: str
    user: str
    holds: bool
    waiver: Waiver


class Waivers:
    """All waivers of a fleet. `now`: seconds since the epoch; `today`: its day, in the time zone of this machine."""

    def __init__(self, settings: Sequence[WaiverSettings], now: float) -> None:
        self.today = today = datetime.fromtimestamp(now, tz=UTC).astimezone().date().isoformat()
        self._all = [
            (
                re.compile("|".join(translate(pattern) for pattern in one.hosts)),
                Accepted(one.check, one.user, today <= one.until, Waiver(who=one.who, why=one.why, until=one.until)),
            )
            for one in settings
        ]

    def of(self, host: str) -> list[Accepted]:
        """Those of a host, the one that holds longest first."""
        found = [accepted for hosts, accepted in self._all if hosts.match(host)]
        return sorted(found, key=lambda one: one.waiver.until, reverse=True)


def waiver_for(accepted: Sequence[Accepted], check: str, user: str) -> Accepted | None:
    """The waiver of a check; one that names a user is for that user's profiles and folders alone (`user`: "" else)."""
    return next((one for one in accepted if one.user in {"", user} and fnmatchcase(check, one.check)), None)
