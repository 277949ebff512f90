"""What hosts are told to do: the orders of a plan. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from smartfleet.campaign.lazily import Lazily
from smartfleet.model.plan import HostPlan, ProfileMove, ProfilePlan
from smartfleet.model.results import Outcome
from smartfleet.plan.order import for_host

WORK = frozenset({"move", "resume", "cure"})


def moves(host: HostPlan) -> list[ProfileMove]:
    """What is really done on a host."""
    return [profile.move for profile in host.profiles if profile.move and profile.action in WORK]


def without(host: HostPlan, users: Collection[str]) -> HostPlan:
    """The host's plan with these users left alone."""
    return host.model_copy(update={"profiles": [one for one in host.profiles if one.user not in users]})


def except_for(host: HostPlan, profiles: Collection[tuple[str, str]]) -> HostPlan:
    """The host's plan without some profiles, named by user and configuration."""
    return host.model_copy(
        update={"profiles": [one for one in host.profiles if (one.user, one.config_path) not in profiles]}
    )


def orders(run: str, hosts: Sequence[HostPlan]) -> Mapping[str, dict[str, Any]]:
    """What the playbook reads for each host, made when it is read; see docs/playbooks.md."""
    busy = {host.host: host for host in hosts if moves(host)}
    return Lazily(busy, lambda name: _order(run, busy[name]))


def _order(run: str, host: HostPlan) -> dict[str, Any]:
    return {
        "run": run,
        "install": host.install.model_dump(mode="json") if host.install else None,
        "profiles": [for_host(move) for move in moves(host)],
    }


def not_touched(hosts: Iterable[HostPlan]) -> list[Outcome]:
    """The outcomes that a plan knows beforehand: profiles with nothing to do, and refused ones."""
    return [
        _known(host.host, profile)
        for host in hosts
        for profile in host.profiles
        if profile.action in {"none", "refuse"}
    ]


def _known(host: str, profile: ProfilePlan) -> Outcome:
    reason = profile.reason
    return Outcome(
        host=host,
        user=profile.user,
        config_path=profile.config_path,
        outcome="refused" if profile.action == "refuse" else "already",
        code=reason.code if reason else "",
        message=reason.message if reason else "",
        do=reason.do if reason else "",
    )
