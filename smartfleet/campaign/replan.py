"""A new order for a profile whose configuration the client rewrote since the plan was made. Pure.

A client writes `nextcloud.cfg` whenever it likes: the window's size, the time of the last check. The host refuses such
a file (`config-changed`) and sends how it is now. Where that leads to the very change that the admin saw and agreed to,
the order is made anew for it; anything else stays refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from smartfleet.campaign.orders import WORK, moves
from smartfleet.campaign.refresh import Look
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.plan import HostPlan, ProfileMove, ProfilePlan
from smartfleet.model.results import Outcome
from smartfleet.plan import make_plan

CHANGED = "config-changed"
_SAME = ("strategy", "on_missing_session", "edits", "accounts", "cures", "aside")


def refused(outcomes: Sequence[Outcome]) -> set[tuple[str, str]]:
    """(user, configuration) of the profiles that were refused for that reason."""
    return {(one.user, one.config_path) for one in outcomes if one.outcome == "refused" and one.code == CHANGED}


def replanned(
    old: HostPlan, outcomes: Sequence[Outcome], look: Look, config: FleetConfig, instance_id: str
) -> HostPlan | None:
    """The host's plan with new orders for refused profiles, and nothing else; None if no order is the same change.

    `instance_id`: the new server's, as the plan has it.
    """
    wanted = refused(outcomes)
    before = {(one.user, one.config_path): one for one in old.profiles if (one.user, one.config_path) in wanted}
    if not before:
        return None
    users = sorted({user for user, _ in before})
    facts = {old.host: (look.taken, look.facts)}
    drawn = make_plan(facts, config, created=look.taken, instance_id=instance_id, users=users)
    fitting = [
        profile
        for profile in drawn.hosts[0].profiles
        if _fits(before.get((profile.user, profile.config_path)), profile)
    ]
    new = old.model_copy(update={"profiles": fitting, "facts_taken": look.taken})
    return new if moves(new) else None


def _fits(before: ProfilePlan | None, after: ProfilePlan) -> bool:
    if before is None or not before.move or not after.move or not {before.action, after.action} <= WORK:
        return False
    return same_change(before.move, after.move)


def same_change(one: ProfileMove, other: ProfileMove) -> bool:
    """Whether two orders do the same to different versions of a file.

    Which passwords the keyring showed, and what a journal has come to know, is no part of what is changed.
    """
    return _places(one) == _places(other) and all(getattr(one, name) == getattr(other, name) for name in _SAME)


def _places(move: ProfileMove) -> list[tuple[str, ...]]:
    return [(folder.account, folder.group, folder.alias, folder.local_path, folder.journal) for folder in move.folders]
