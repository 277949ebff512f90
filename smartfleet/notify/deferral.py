"""Whom a wave asks, and how long a "no" holds. Pure. A user may put the move off some times; the deadline wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from smartfleet.fleet.schema import NoticeSettings
from smartfleet.model.campaign import Postponed

User = tuple[str, str]
"""Host and user."""


@dataclass(frozen=True)
class Rules:
    """`times` a user may put the move off, each time for `seconds`; from `deadline` (epoch) on nobody may."""

    times: int
    seconds: float
    deadline: float | None

    @classmethod
    def of(cls, settings: NoticeSettings) -> Rules:
        deadline = deadline_of(settings)
        return cls(settings.postpone, settings.postpone_for, deadline.timestamp() if deadline else None)

    def over(self, now: float) -> bool:
        return self.times == 0 or (self.deadline is not None and now >= self.deadline)

    def until(self, now: float) -> float:
        """To when a "no" of this moment puts it off."""
        return self._bounded(now + self.seconds)

    def standing(self, known: Postponed, now: float) -> float | None:
        """To when an earlier "no" still holds; None if it does not.

        It never holds for longer than one of now would: the clock may have jumped back since.
        """
        until = min(self._bounded(known.until), self.until(now))
        return until if until > now else None

    def _bounded(self, moment: float) -> float:
        return moment if self.deadline is None else min(moment, self.deadline)


@dataclass(frozen=True)
class Sorted:
    """`waiting`: until when; `asked`: how often each may still say no; `told`: who is not asked."""

    waiting: dict[User, float] = field(default_factory=dict)
    asked: dict[User, int] = field(default_factory=dict)
    told: list[User] = field(default_factory=list)


def sort_users(users: Iterable[User], known: Mapping[User, Postponed], rules: Rules, now: float) -> Sorted:
    found = Sorted()
    for user in users:
        before = known.get(user)
        until = rules.standing(before, now) if before and not rules.over(now) else None
        left = rules.times - (before.times if before else 0)
        if until is not None:
            found.waiting[user] = until
        elif rules.over(now) or left <= 0:
            found.told.append(user)
        else:
            found.asked[user] = left
    return found


def deadline_of(settings: NoticeSettings) -> datetime | None:
    return datetime.fromisoformat(settings.deadline) if settings.deadline else None


def message(user: str, until: float) -> str:
    """For the outcome of a profile that waits."""
    moment = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{user} put the move off until {moment}"
