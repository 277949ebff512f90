"""Hosts' answers about notices and locks; see `parse`."""

from __future__ import annotations

from pydantic import TypeAdapter

from smartfleet.campaign.parse import parsed
from smartfleet.campaign.trouble import Trouble
from smartfleet.checks.hostcodes import remedy_of
from smartfleet.engines.answers import HostAnswers
from smartfleet.model.notices import HostLock, Shown

_NOTICES = TypeAdapter(list[Shown])
_LOCK = TypeAdapter(HostLock)


def notices(answers: HostAnswers, *, interrupted: bool) -> list[Shown] | Trouble:
    """What became of the notices that were shown."""
    found = parsed(answers, "user_notice", "notices", _NOTICES, interrupted=interrupted)
    if isinstance(found, Trouble):
        return found
    return [one.model_copy(update={"host": answers.host, "do": one.do or remedy_of(one.code)}) for one in found]


def lock(answers: HostAnswers, *, interrupted: bool) -> HostLock | Trouble:
    """What kept others away from the host."""
    return parsed(answers, "host_unlock", "lock", _LOCK, interrupted=interrupted)
