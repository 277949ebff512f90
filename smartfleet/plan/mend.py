"""The plan of `fix`: a cure for each profile that needs one, for all others what `plan` would do."""

from __future__ import annotations

from collections.abc import Collection

from smartfleet.checks.config import unusable_config
from smartfleet.checks.reasons import reason
from smartfleet.checks.view import Aim, ProfileView
from smartfleet.model.plan import Cure, ProfilePlan
from smartfleet.plan.cure_order import cure_order, cure_steps
from smartfleet.plan.cures import Cures, cures_for
from smartfleet.plan.diff import config_diff
from smartfleet.plan.make import plan_profile, warnings


def mend_profile(view: ProfileView, aim: Aim, *, only: Collection[Cure] = (), signs_in: bool = False) -> ProfilePlan:
    """What `fix` does to one profile; `only` and `signs_in` as for `cures_for`.

    A move that is open comes first. One that began as a cure is gone on with if its order still is the one to give.
    """
    begun = view.open_move
    if begun and (unusable_config(view) or view.facts.config.sha256 != begun.old_sha256):
        return plan_profile(view, aim)
    cures = cures_for(view, aim, only=only, signs_in=signs_in)
    planned = _cured(view, aim, cures)
    if begun:
        if planned.move and planned.move.new_sha256 == begun.new_sha256 and not planned.move.starts_only:
            order = planned.move.model_copy(update={"resume": True})
            return planned.model_copy(update={"action": "resume", "move": order})
        return plan_profile(view, aim)
    if planned.action == "cure":
        return planned
    plain = plan_profile(view, aim)
    return plain.model_copy(update={"warnings": [*plain.warnings, *planned.warnings]})


def _cured(view: ProfileView, aim: Aim, cures: Cures) -> ProfilePlan:
    """Action cure, or none with the reasons against as warnings."""
    plan = ProfilePlan(
        user=view.facts.user,
        config_path=view.facts.config.path,
        action="none",
        warnings=list(cures.against),
    )
    if not cures.names():
        return plan
    order, diff = None, ""
    if cures.on_host:
        try:
            order, new = cure_order(view, aim, cures)
        except ValueError as error:
            broken = reason("config-broken", f"nextcloud.cfg cannot be rewritten: {error}")
            return plan.model_copy(update={"warnings": [broken, *cures.against]})
        diff = config_diff(view.data, new, view.facts.config.path)
    return plan.model_copy(
        update={
            "action": "cure",
            "cures": cures.names(),
            "warnings": [*cures.against, *warnings(view, aim)],
            "steps": cure_steps(view, order, cures),
            "diff": diff,
            "move": order,
        }
    )
