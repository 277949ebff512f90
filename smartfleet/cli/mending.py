"""What `fix` does beside audit, plan, apply and verify: cures, notices to sign in, and the deletion of copies."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from smartfleet.campaign.notify import Notice, notify
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.purge import purge
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.cli.options import confirm
from smartfleet.cli.session import campaign
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import AuditDocument, ProfileAssessment
from smartfleet.model.notices import Shown
from smartfleet.model.plan import Cure, Plan, ProfilePlan
from smartfleet.model.results import Outcome, Verdict
from smartfleet.notify.fleet_notice import FleetNotice
from smartfleet.notify.recipients import users_of
from smartfleet.paths import data_folder
from smartfleet.plan.make import Planner
from smartfleet.plan.mend import mend_profile
from smartfleet.store import Store
from smartfleet.text import visible


def planner(store: Store, host: str, only: Collection[Cure]) -> Planner:
    """Plans a profile of `host`: a cure where it needs one, else what `plan` does."""
    waiting = {(one.user, one.config_path) for one in store.outcomes([host]) if one.outcome == "waiting-sign-in"}

    def each(view: ProfileView, aim: Aim) -> ProfilePlan:
        signs_in = (view.facts.user, view.facts.config.path) in waiting
        return mend_profile(view, aim, only=only, signs_in=signs_in)

    return each


def to_sign_in(plan: Plan) -> list[tuple[str, str]]:
    """User and configuration of the profiles whose user is to be told to sign in."""
    return [
        (profile.user, profile.config_path)
        for host in plan.hosts
        for profile in host.profiles
        if "sign-in" in profile.cures
    ]


def tell_to_sign_in(
    fleet: Fleet, store: Store, audited: AuditDocument, who: Sequence[tuple[str, str]], password: str | None
) -> list[Shown]:
    """Shows the notice on the desktops of those users."""
    notice = FleetNotice(fleet.config, data_folder("templates"), "sign-in")
    notices = {
        host.host: [
            Notice.of(one.user, notice.write([host.host], one.folders))
            for one in users_of(host.host, [profile for profile in host.profiles if _place(profile) in who])
        ]
        for host in audited.hosts
    }
    with campaign(fleet, store, "notify", len(notices), password) as running:
        _run, told = notify(running, notices)
    failed = [
        Shown(host=one.host, user=user, state="failed", code=one.code, message=one.message, do=one.do)
        for one in told.untold
        for user in dict.fromkeys(user for user, _path in who)
    ]
    return [*told.shown, *failed]


def _place(profile: ProfileAssessment) -> tuple[str, str]:
    return profile.user, profile.config_path


def purge_copies(
    fleet: Fleet, store: Store, host: str, verdicts: Sequence[Verdict], password: str | None, *, yes: bool
) -> list[Outcome]:
    """Deletes what was set aside for profiles whose folders all match; nothing for others, nor after a no."""
    found: dict[tuple[str, str], set[str]] = {}
    for one in verdicts:
        found.setdefault((one.user, one.config_path), set()).add(one.verdict)
    proven = [Moved(*place) for place, told in found.items() if told == {"match"}]
    if not proven:
        return []
    users = ", ".join(sorted({visible(one.user) for one in proven}))
    if not confirm(f"Delete the copies that were set aside for {users}? There is no way back.", yes=yes):
        return []
    with campaign(fleet, store, "purge", 1, password) as running:
        return purge(running, {host: proven}).outcomes
