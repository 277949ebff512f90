"""Checks of a profile's accounts: which servers they are on, and where their folders lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from smartfleet.model.assessment import AccountAssessment
from smartfleet.model.facts import HostFacts
from smartfleet.nextcloud.paths import place
from smartfleet.nextcloud.urls import may_be_same
from smartfleet.policy.cases import Check, ProfileCase, Told, fail, unknown

_HAD_ACCOUNT = {"moved", "cured", "already", "waiting-sign-in"}
_WITHOUT_URL = {"no-url", "account-without-url"}
# what makes the accounts of a configuration doubtful although it could be read
_DOUBTFUL = {"config-spelling", "config-truncated"}


def unread(case: ProfileCase) -> Told | None:
    """Why nothing can be said of a profile's accounts; a configuration that is not there holds none."""
    seen, state = case.seen, case.facts.config.state
    doubtful = seen.state == "unreadable" and state != "absent"
    if doubtful or any(finding.code in _DOUBTFUL for finding in seen.findings):
        return unknown("checks.unread", "checks.do.show", path=seen.config_path)
    return None


def shared_places(facts: HostFacts) -> frozenset[str]:
    """Places that are synced by more than one account of the host, whosever they are."""
    if sum(len(profile.folders) for profile in facts.profiles) < 2:
        return frozenset()
    windows = facts.system.os == "windows"
    users: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for number, profile in enumerate(facts.profiles):
        for folder in profile.folders:
            users[place(folder.local_path, windows=windows)].add((number, folder.account))
    return frozenset(where for where, found in users.items() if len(found) > 1)


def _old_server(case: ProfileCase) -> Told | None:
    old = [account for account in case.own if account.state == "old"]
    return _named("checks.old-server", old) if old else _odd(case)


def _odd(case: ProfileCase) -> Told | None:
    """An account that no setting names, and that may still lead to an old server."""
    for account in case.seen.accounts:
        for server in case.host.limits.aim.old if account.state == "foreign" else ():
            if may_be_same(account.url, server):
                login = account.login or account.user
                return unknown("checks.old-server.odd", "checks.do.name-address", login=login, server=server)
    return None


def _named(text: str, found: Sequence[AccountAssessment]) -> Told:
    """The account if it is one, else how many there are and the first."""
    first = {"login": found[0].login or found[0].user, "server": found[0].url}
    if len(found) == 1:
        return fail(f"{text}.one", **first)
    return fail(f"{text}.several", count=len(found), **first)


def _new_account(case: ProfileCase) -> Told | None:
    """Every account on an old server has its counterpart, and the profile has not lost all that it had."""
    if case.own:
        there = {_person(account) for account in case.own if account.state == "new"}
        lacking = [account for account in case.own if account.state == "old" and _person(account) not in there]
        if lacking:
            return _named("checks.new-account", lacking)
    if any(finding.code in _WITHOUT_URL for finding in case.seen.findings):
        return unknown("checks.new-account.no-url", "checks.do.show")
    if case.own:
        return None
    return fail("checks.new-account.gone", "checks.do.show") if _had_account(case) else None


def _person(account: AccountAssessment) -> str:
    """Who it is on the server, for comparison; servers compare user ids without case."""
    return (account.user or account.login).casefold()


def _had_account(case: ProfileCase) -> bool:
    if case.outcome and case.outcome.outcome in _HAD_ACCOUNT:
        return True
    user, path = case.seen.user, case.seen.config_path
    return any(key.user == user and key.config_path == path for key in case.host.evidence.past)


def _second_copy(case: ProfileCase) -> Told | None:
    copies = case.seen.second_copies
    if not copies:
        return None
    return fail("checks.second-copy.found", path=copies[0].local_path, other=copies[0].other_path)


def _shared_folder(case: ProfileCase) -> Told | None:
    shared = case.host.shared
    if not shared:
        return None
    paths = [folder.local_path for folder in case.facts.folders]
    mine = next((path for path in paths if place(path, windows=case.host.windows) in shared), None)
    return fail("checks.shared-folder.found", path=mine) if mine is not None else None


OLD_SERVER: Check[ProfileCase] = Check("old-server", "profile", "error", _old_server, whom="readable")
NEW_ACCOUNT: Check[ProfileCase] = Check("new-account", "profile", "error", _new_account, whom="readable")
SECOND_COPY: Check[ProfileCase] = Check("second-copy", "profile", "error", _second_copy)
SHARED_FOLDER: Check[ProfileCase] = Check("shared-folder", "profile", "error", _shared_folder)
