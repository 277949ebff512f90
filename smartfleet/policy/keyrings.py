"""Checks of the secrets that a user's keyring holds for the client, by their names alone."""

from __future__ import annotations

import re
from collections.abc import Collection

from smartfleet.checks.view import Aim
from smartfleet.model.assessment import AccountAssessment
from smartfleet.nextcloud.names import login_key
from smartfleet.policy.cases import Check, ProfileCase, Told, fail, unknown

# LOGIN:URL/:NUMBER, see nextcloud/keys.py; older clients gave no number
_NUMBER = re.compile(r"/(?::[0-9]+)?\Z")


def _old_secret(case: ProfileCase) -> Told | None:
    names = _names(case)
    if names is None:
        return unknown("checks.unseen-keyring", "checks.do.audit-logged-on")
    count = sum(_is_old(name, case.host.limits.aim) for name in names)
    return fail("checks.old-secret.found", count=count) if count else None


def _names(case: ProfileCase) -> Collection[str] | None:
    """The names in the user's keyring; None where they cannot be seen now, or never (Windows)."""
    session = case.facts.session
    seen = session.state == "active" and session.keyring == "unlocked" and not case.host.windows
    return session.secrets if seen else None


def _is_old(name: str, aim: Aim) -> bool:
    # a login may hold anything, so the last URL is the server's
    start = max(name.rfind(":https://"), name.rfind(":http://"))
    return start >= 0 and aim.state(_NUMBER.sub("", name[start + 1 :])) == "old"


def _signed_in(case: ProfileCase) -> Told | None:
    names = _names(case)
    if names is None:
        waits = case.outcome is not None and case.outcome.outcome == "waiting-sign-in"
        if waits:
            return fail("checks.signed-in.waits")
        return unknown("checks.unseen-keyring", "checks.do.audit-logged-on")
    for account in case.own:
        if not _has_password(account, names):
            return fail("checks.signed-in.no-password", login=account.login or account.user, server=account.url)
    return None


def _has_password(account: AccountAssessment, names: Collection[str]) -> bool:
    """Clients before 2.4 named the entry without the account's number."""
    login, url = account.login, account.url
    return login_key(login, url, account.number) in names or login_key(login, url, "") in names


OLD_SECRET: Check[ProfileCase] = Check("old-secret", "profile", "note", _old_secret, whom="readable")
SIGNED_IN: Check[ProfileCase] = Check("signed-in", "profile", "warning", _signed_in)
