"""The steps that several commands are made of: look, plan, move, check. Each answers with its document."""

from __future__ import annotations

import time
from collections.abc import Sequence

from smartfleet.assess import audit_document
from smartfleet.campaign.apply import Applied, apply, moves
from smartfleet.campaign.audit import Audit, audit
from smartfleet.campaign.base import Campaign
from smartfleet.campaign.inventory import resolve
from smartfleet.campaign.runner import Controls
from smartfleet.campaign.verify import Question, Verified, verify
from smartfleet.cli.servers import new_instance
from smartfleet.cli.session import campaign
from smartfleet.errors import UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.assessment import AuditDocument, Unreached
from smartfleet.model.documents import ApplyDocument, VerifyDocument
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome
from smartfleet.plan import make_plan
from smartfleet.store import Store
from smartfleet.text import visible

Facts = dict[str, tuple[float, HostFacts]]


def hosts_of(fleet: Fleet, limit: str | None) -> list[str]:
    return [host.name for host in resolve(fleet.inventory, limit, folder=fleet.folder)]


def look(
    fleet: Fleet, store: Store, limit: str | None, users: Sequence[str], password: str | None
) -> tuple[Audit, AuditDocument]:
    hosts = hosts_of(fleet, limit)
    with campaign(fleet, store, "audit", len(hosts), password) as running:
        seen = audit(running, hosts, users)
    return seen, audit_document(seen.facts, fleet.config, unreached(seen.troubles))


def draw(fleet: Fleet, store: Store, facts: Facts, hosts: Sequence[str], users: Sequence[str]) -> Plan:
    """The plan for `hosts`, kept in the store. Raises UsageError when nothing is known of any of them."""
    if not facts:
        raise UsageError("plan/no-facts", "no host of the limit was audited yet", do="smartfleet audit")
    _check_users(facts, users)
    plan = make_plan(
        facts,
        fleet.config,
        created=time.time(),
        instance_id=new_instance(fleet.config.servers.new),
        users=users,
        unaudited=[host for host in hosts if host not in facts],
    )
    store.add_plan(plan)
    return plan


def _check_users(facts: Facts, users: Sequence[str]) -> None:
    """A misspelt name must not look like "nothing to do"."""
    known = {profile.user for _, seen in facts.values() for profile in seen.profiles}
    missing = [visible(user) for user in users if user not in known]
    if missing:
        raise UsageError(
            "plan/no-such-user", f"the audit saw no client of {', '.join(missing)}", do="smartfleet status"
        )


def move(
    fleet: Fleet, store: Store, plan: Plan, password: str | None, *, check: bool = False
) -> tuple[Applied, ApplyDocument]:
    busy = sum(1 for host in plan.hosts if moves(host))
    if busy:
        with campaign(fleet, store, "apply", busy, password) as running:
            done = apply(running, plan, check=check)
    else:
        done = apply(Campaign(fleet, store, Controls()), plan, check=check)
    document = ApplyDocument(
        run=done.run, plan_hash=plan.hash, check=check, interrupted=done.interrupted, outcomes=done.outcomes
    )
    return done, document


def prove(
    fleet: Fleet, store: Store, hosts: Sequence[str], question: Question, password: str | None
) -> tuple[Verified, VerifyDocument]:
    with campaign(fleet, store, "verify", len(hosts), password) as running:
        found = verify(running, hosts, question)
    document = VerifyDocument(
        run=found.run,
        level=question.level,
        interrupted=found.interrupted,
        verdicts=found.verdicts,
        unreached=unreached(found.troubles),
    )
    return found, document


def unreached(troubles: Sequence[Outcome]) -> list[Unreached]:
    return [Unreached(host=one.host, code=one.code, message=one.message, do=one.do) for one in troubles]
