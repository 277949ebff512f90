"""Checks of a host: how it is reached, and how old is what is known of it."""

from __future__ import annotations

from math import inf

from smartfleet.policy.cases import AHEAD, DAY, Check, HostCase, Told, fail, unknown

# what an audit could not see of a host, and that hides no profile
_HARMLESS = {"unseen-clients", "unseen-sessions", "unseen-products", "state-unread", "unknown-user"}

_FUTURE = unknown("checks.from-the-future")


def _trust(case: HostCase) -> Told | None:
    return fail("checks.host-trust.unchecked") if case.evidence.unchecked else None


def _seen(case: HostCase) -> Told | None:
    """A host whose newest audit could not see everybody's profile may hide an account on the old server."""
    ages = [case.limits.now - at for at in (case.evidence.last_seen, case.seen.taken) if at is not None]
    silent = min((age for age in ages if age >= -AHEAD), default=inf)
    if silent > case.limits.unseen:
        # a time that is still to come may stand for today
        return _FUTURE if min(ages) < -AHEAD else fail("checks.host-seen.silent", days=int(silent // DAY))
    hidden = case.troubles - _HARMLESS
    return unknown("checks.host-seen.incomplete", code=min(hidden)) if hidden else None


def _audit_age(case: HostCase) -> Told | None:
    age = case.limits.now - case.seen.taken
    if age < -AHEAD:
        return _FUTURE
    return fail("checks.audit-age.old", days=int(age // DAY)) if age > case.limits.audit else None


HOST_TRUST: Check[HostCase] = Check("host-trust", "host", "warning", _trust)
HOST_SEEN: Check[HostCase] = Check("host-seen", "host", "error", _seen)
AUDIT_AGE: Check[HostCase] = Check("audit-age", "host", "error", _audit_age)
