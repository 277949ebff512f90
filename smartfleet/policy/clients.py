"""Checks of the client that a profile is synced with."""

from __future__ import annotations

from smartfleet.model.assessment import ProfileAssessment
from smartfleet.nextcloud.versions import compare, is_unsafe, parse_version
from smartfleet.policy.cases import Check, ProfileCase, Told, fail, unknown

_UNSEEN_CLIENTS = {"unseen-clients", "unseen-products"}
_UNSEEN_DESK = {"unseen-clients", "unseen-sessions"}


def _missing(case: ProfileCase) -> Told | None:
    seen = case.seen
    if seen.client_installed or seen.client_running:
        return None
    # one without a version may be the one that this profile uses
    if case.host.troubles & _UNSEEN_CLIENTS or any(not one.version for one in case.host.seen.clients):
        return unknown("checks.client-missing.unseen", "checks.do.audit")
    return fail("checks.client-missing.found")


def _version(seen: ProfileAssessment) -> str:
    """Of the client that is installed, else of the one that last ran."""
    return seen.client_installed or seen.client_version


def _too_old(case: ProfileCase) -> Told | None:
    version, minimum = _version(case.seen), case.host.limits.minimum
    order = compare(version, minimum)
    if order is None:
        return unknown("checks.client-version-unknown", "checks.do.show")
    return fail("checks.client-too-old.found", version=version, minimum=minimum) if order < 0 else None


def _known_bad(case: ProfileCase) -> Told | None:
    version = _version(case.seen)
    if not parse_version(version):
        return unknown("checks.client-version-unknown", "checks.do.show")
    bad = is_unsafe(version) or any(compare(version, one) == 0 for one in case.host.limits.bad)
    return fail("checks.client-known-bad.found", version=version) if bad else None


def _running(case: ProfileCase) -> Told | None:
    """Asked while the user is at the desk: without a session no client can run."""
    if case.seen.client_running:
        return None
    if case.host.troubles & _UNSEEN_DESK:
        return unknown("checks.client-running.unseen", "checks.do.audit")
    session = case.facts.session
    return fail("checks.client-running.stopped") if session.state == "active" and session.display else None


def _autostart(case: ProfileCase) -> Told | None:
    state = case.facts.autostart
    if state == "on":
        return None
    if state == "off":
        return fail("checks.autostart.off")
    # facts of an older version say so too; nobody need be logged on to see it
    return unknown("checks.autostart.unseen", "checks.do.audit")


CLIENT_MISSING: Check[ProfileCase] = Check("client-missing", "profile", "error", _missing)
CLIENT_TOO_OLD: Check[ProfileCase] = Check("client-too-old", "profile", "warning", _too_old)
CLIENT_KNOWN_BAD: Check[ProfileCase] = Check("client-known-bad", "profile", "error", _known_bad)
CLIENT_RUNNING: Check[ProfileCase] = Check("client-running", "profile", "warning", _running)
AUTOSTART: Check[ProfileCase] = Check("autostart", "profile", "warning", _autostart)
