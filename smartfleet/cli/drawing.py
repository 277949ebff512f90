"""Makes a plan from what is known of hosts, after the new server was asked who it is."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence

from smartfleet.cli.servers import new_instance
from smartfleet.errors import UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.plan import plan_each
from smartfleet.plan.make import Planner
from smartfleet.store import Store
from smartfleet.text import visible

Facts = Iterable[tuple[str, float, HostFacts]]
"""Of each host once, with the time of its audit; taken one after the other."""


def draw(
    fleet: Fleet,
    store: Store,
    facts: Facts,
    hosts: Sequence[str],
    users: Sequence[str],
    *,
    audited: Collection[str],
    each: Planner | None = None,
) -> Plan:
    """The plan for `hosts`, kept in the store. Raises UsageError when nothing is known of any of them.

    `audited`: the hosts that `facts` will tell of, and maybe others. `each` plans a profile, as for `plan_each`.
    """
    audited = frozenset(audited)
    if audited.isdisjoint(hosts):
        raise UsageError("plan/no-facts", "no host of the limit was audited yet", do="smartfleet audit")
    known: set[str] = set()
    plan = plan_each(
        _noting(facts, known),
        fleet.config,
        created=time.time(),
        instance_id=new_instance(fleet.config.servers.new),
        users=users,
        unaudited=[host for host in hosts if host not in audited],
        each=each,
    )
    _check_users(known, users)
    store.add_plan(plan)
    return plan


def _noting(facts: Facts, users: set[str]) -> Facts:
    for host, taken, seen in facts:
        users.update(profile.user for profile in seen.profiles)
        yield host, taken, seen


def _check_users(known: Collection[str], users: Sequence[str]) -> None:
    """A misspelt name must not look like "nothing to do"."""
    missing = [visible(user) for user in users if user not in known]
    if missing:
        raise UsageError(
            "plan/no-such-user", f"the audit saw no client of {', '.join(missing)}", do="smartfleet status"
        )
