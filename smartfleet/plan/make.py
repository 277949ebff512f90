"""Makes the plan of a fleet from its facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from smartfleet.checks.config import account_reasons, account_warnings, config_reasons, nothing_to_do, unusable_config
from smartfleet.checks.folders import folder_reasons, folder_warnings
from smartfleet.checks.host import host_reasons, host_warnings
from smartfleet.checks.mendable import mendable
from smartfleet.checks.reasons import REMEDIES, reason
from smartfleet.checks.view import Aim, ProfileView, view_profile
from smartfleet.fleet.schema import FleetConfig
from smartfleet.model.facts import HostFacts, Transaction
from smartfleet.model.plan import HostPlan, Plan, ProfilePlan, Refusal
from smartfleet.plan.diff import config_diff
from smartfleet.plan.file import sealed
from smartfleet.plan.install import Installation, installation
from smartfleet.plan.order import new_order, resumed_order
from smartfleet.plan.steps import steps

Planner = Callable[[ProfileView, Aim], ProfilePlan]


def make_plan(
    facts: Mapping[str, tuple[float, HostFacts]],
    config: FleetConfig,
    *,
    created: float,
    instance_id: str = "",
    users: Collection[str] = (),
    unaudited: Sequence[str] = (),
    each: Planner | None = None,
) -> Plan:
    """As `plan_each`, from facts that lie in the memory anyway."""
    return plan_each(
        ((host, taken, seen) for host, (taken, seen) in facts.items()),
        config,
        created=created,
        instance_id=instance_id,
        users=users,
        unaudited=unaudited,
        each=each,
    )


def plan_each(
    facts: Iterable[tuple[str, float, HostFacts]],
    config: FleetConfig,
    *,
    created: float,
    instance_id: str = "",
    users: Collection[str] = (),
    unaudited: Sequence[str] = (),
    each: Planner | None = None,
) -> Plan:
    """The plan for the hosts in `facts` (each once, with the time of its audit and what was seen), with its hash.

    They are taken one after the other, as a fleet's facts take more memory than its plan. `instance_id`: the new
    server's, "" if it could not be asked; `users`: only their profiles, empty for all; `unaudited`: hosts of the
    pattern without facts; `each` plans a profile, `plan_profile` without it.
    """
    hosts = [
        _plan_host(host, taken, seen, config, instance_id=instance_id, users=users, planner=each or plan_profile)
        for host, taken, seen in facts
    ]
    hosts.sort(key=lambda one: one.host)
    plan = Plan(
        created=created,
        old_servers=list(config.servers.old),
        new_server=config.servers.new,
        strategy=config.move.strategy,
        instance_id=instance_id,
        hosts=hosts,
        unaudited=sorted(unaudited),
    )
    return sealed(plan)


def _plan_host(
    host: str,
    taken: float,
    seen: HostFacts,
    config: FleetConfig,
    *,
    instance_id: str,
    users: Collection[str],
    planner: Planner,
) -> HostPlan:
    found = installation(config, seen)
    aim = _aim(config, instance_id, found)
    wanted = [profile for profile in seen.profiles if not users or profile.user in users]
    profiles = [planner(view_profile(profile, seen, aim), aim) for profile in wanted]
    touched = any(_is_touched(profile) for profile in profiles)
    return HostPlan(
        host=host,
        os=seen.system.os,
        facts_taken=taken,
        install=found.plan if touched else None,
        profiles=[_with_notes(profile, found.notes) for profile in profiles],
    )


def _aim(config: FleetConfig, instance_id: str, found: Installation) -> Aim:
    return Aim(
        old=tuple(config.servers.old),
        new=config.servers.new,
        strategy=config.move.strategy,
        on_missing_session=config.move.on_missing_session,
        instance_id=instance_id,
        installs=found.wanted,
        install=found.plan,
        digests=config.verify.level == "content",
    )


def _is_touched(profile: ProfilePlan) -> bool:
    return profile.action in {"move", "resume"}


def _with_notes(profile: ProfilePlan, notes: Sequence[Refusal]) -> ProfilePlan:
    """What was found out about the host's client stands with every profile that is moved."""
    if not notes or not _is_touched(profile):
        return profile
    return profile.model_copy(update={"warnings": [*profile.warnings, *notes]})


def plan_profile(view: ProfileView, aim: Aim) -> ProfilePlan:
    """What happens to one profile."""
    begun = view.open_move
    if begun:
        return _plan_resume(view, aim, begun)
    stop = unusable_config(view) or nothing_to_do(view)
    if stop:
        return _not_moved(view, [stop], list(warnings(view, aim)))
    against = list(reasons_against(view, aim))
    if against:
        return _not_moved(view, against, list(warnings(view, aim)))
    return _plan_move(view, aim)


def reasons_against(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """All that keeps a readable profile with an account on an old server from being moved."""
    yield from host_reasons(view, aim)
    yield from config_reasons(view)
    yield from account_reasons(view)
    yield from folder_reasons(view, aim)


def warnings(view: ProfileView, aim: Aim) -> Iterator[Refusal]:
    """All that is worth knowing and keeps nothing from happening."""
    if view.unread:
        return
    yield from host_warnings(view, aim)
    yield from account_warnings(view, aim)
    yield from folder_warnings(view, aim)
    yield from mendable(view, aim)


def _not_moved(view: ProfileView, against: list[Refusal], notes: list[Refusal]) -> ProfilePlan:
    """The first reason decides; the others are told too, so that one audit shows everything there is to mend."""
    first, *others = against
    return ProfilePlan(
        user=view.facts.user,
        config_path=view.facts.config.path,
        action="none" if REMEDIES[first.code].kind == "none" else "refuse",
        reason=first,
        warnings=[*others, *notes],
    )


def _plan_move(view: ProfileView, aim: Aim) -> ProfilePlan:
    try:
        order, new = new_order(view, aim)
    except ValueError as error:
        return _not_moved(view, [reason("config-broken", f"nextcloud.cfg cannot be rewritten: {error}")], [])
    return ProfilePlan(
        user=view.facts.user,
        config_path=view.facts.config.path,
        action="move",
        warnings=list(warnings(view, aim)),
        steps=steps(view, order, aim),
        diff=config_diff(view.data, new, view.facts.config.path),
        move=order,
    )


def _plan_resume(view: ProfileView, aim: Aim, begun: Transaction) -> ProfilePlan:
    """Goes on with a move that died, if the file is as it was before or as it was to become."""
    now = view.facts.config.sha256
    if now == begun.new_sha256 and not view.unread:
        return ProfilePlan(
            user=view.facts.user,
            config_path=view.facts.config.path,
            action="resume",
            warnings=list(warnings(view, aim)),
            steps=[f"go on with run {begun.run} after its step {begun.step}: the new configuration is written already"],
            move=resumed_order(view, aim, begun),
        )
    if now == begun.old_sha256 and not unusable_config(view) and not any(reasons_against(view, aim)):
        planned = _plan_move(view, aim)
        if planned.move and planned.move.new_sha256 == begun.new_sha256:
            order = planned.move.model_copy(update={"resume": True})
            return planned.model_copy(update={"action": "resume", "move": order})
    message = (
        f"run {begun.run} began a move here and stopped at {begun.step}; the file is neither its old nor its new one"
    )
    return _not_moved(view, [reason("transaction-misfit", message)], [])
