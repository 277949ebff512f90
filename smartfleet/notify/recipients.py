"""Who is told: the users of a fleet whom a notice concerns. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from smartfleet.model.assessment import HostAssessment, ProfileAssessment
from smartfleet.model.notices import NoticeKind
from smartfleet.model.results import Outcome, OutcomeName

_BEFORE: frozenset[NoticeKind] = frozenset({"announce", "moving-now", "ask-to-postpone"})
_AFTER: Mapping[NoticeKind, OutcomeName] = {"sign-in": "waiting-sign-in", "done": "moved"}
_OURS = {"old", "new"}
_WITH_OLD = {"old", "both"}


@dataclass(frozen=True)
class Recipient:
    """A user of a host, with the names of the accounts that the fleet moves, and their folders."""

    host: str
    user: str
    accounts: tuple[str, ...]
    folders: tuple[str, ...]


def recipients(
    kind: NoticeKind, hosts: Iterable[HostAssessment], outcomes: Iterable[Outcome], users: Collection[str] = ()
) -> list[Recipient]:
    """One for each user of each host, by host. `outcomes` are the newest of each profile; `users` empty means all.

    Before a move: who has an account on an old server. `sign-in`: whom a move waits for; `done`: who was moved.
    """
    newest = {(one.host, one.user, one.config_path): one.outcome for one in outcomes}
    found: list[Recipient] = []
    for host in hosts:
        concerned = [
            profile
            for profile in host.profiles
            if (not users or profile.user in users)
            and _concerned(kind, profile, newest.get((host.host, profile.user, profile.config_path)))
        ]
        found += users_of(host.host, concerned)
    return found


def users_of(host: str, profiles: Iterable[ProfileAssessment]) -> list[Recipient]:
    """The users of these profiles, once each: a user may have several configurations."""
    found: dict[str, Recipient] = {}
    for profile in profiles:
        found[profile.user] = _joined(found.get(profile.user, Recipient(host, profile.user, (), ())), profile)
    return list(found.values())


def _concerned(kind: NoticeKind, profile: ProfileAssessment, outcome: OutcomeName | None) -> bool:
    return profile.state in _WITH_OLD if kind in _BEFORE else outcome == _AFTER[kind]


def _joined(known: Recipient, profile: ProfileAssessment) -> Recipient:
    mine = [account for account in profile.accounts if account.state in _OURS]
    accounts = dict.fromkeys([*known.accounts, *(one.user or one.login for one in mine)])
    folders = dict.fromkeys([*known.folders, *(folder.local_path for one in mine for folder in one.folders)])
    return Recipient(known.host, known.user, tuple(filter(None, accounts)), tuple(folders))
