"""Carries out what an admin agreed to, and tells what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace

from smartfleet.campaign.carrying import Applied, carry_out
from smartfleet.campaign.orders import moves
from smartfleet.campaign.rehearsal import rehearse
from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.lists import as_limits, write_lists
from smartfleet.cli.lists import of_outcomes as by_outcome
from smartfleet.cli.lists import of_verdicts as by_verdict
from smartfleet.cli.next import after_apply
from smartfleet.cli.options import Format, become_password
from smartfleet.cli.output import emit, say, suggest
from smartfleet.cli.runs import Intent
from smartfleet.cli.session import campaign
from smartfleet.cli.watched import watched
from smartfleet.errors import UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.campaign import Budget, Limit, RunSettings
from smartfleet.model.documents import ApplyDocument
from smartfleet.model.plan import Plan
from smartfleet.model.results import Outcome
from smartfleet.report import terminal
from smartfleet.store import Store


def look_only(fleet: Fleet, store: Store, intent: Intent, form: Format, *, ask_become: bool) -> int:
    """``--check``: hosts tell what they would do."""
    plan, going = intent.plan, intent.settings.campaign
    busy = sum(1 for host in plan.hosts if moves(host))
    password = become_password(ask=ask_become) if busy else None
    with campaign(fleet, store, "apply --check", busy, password) as running:
        controls = replace(running.controls, host_timeout=going.host_timeout, probe_timeout=going.probe_timeout)
        done = rehearse(replace(running, controls=controls), plan)
    state = "interrupted" if done.interrupted else "done"
    document = ApplyDocument(
        run=done.run, plan_hash=plan.hash, check=True, interrupted=done.interrupted, state=state, outcomes=done.outcomes
    )
    emit(form, document, document.outcomes, lambda: terminal.outcomes(done.outcomes))
    say("nothing was changed")
    # nobody comes further than "prepared" here
    return of_outcomes((one for one in done.outcomes if one.outcome != "prepared"), interrupted=done.interrupted)


def carry(
    fleet: Fleet, store: Store, intent: Intent, form: Format, password: str | None, *, yes: bool, stay: bool
) -> int:
    """`stay` until nothing waits any more, or the run's time is over."""
    check_someone_is_there(intent, yes=yes)
    with watched(fleet, store, form, password, yes=yes) as (running, watch):
        done = carry_out(
            running,
            intent.plan,
            intent.settings,
            watch=watch,
            resume=intent.resume,
            only=intent.only,
            parent=intent.parent,
            stay=stay,
        )
    if not intent.question:
        say("nothing was changed")
    return tell(fleet, form, intent.plan.hash, done)


def move(fleet: Fleet, store: Store, plan: Plan, password: str | None) -> tuple[Applied, ApplyDocument]:
    """All of the plan's hosts at once, whatever `campaign` in `smartfleet.yml` says of waves, budget and windows."""
    settings = fleet.config.campaign.model_copy(
        update={
            "canary": 0,
            "waves": [],
            "verify": "none",
            "budget": Budget(failed=Limit(), drifted=Limit()),
            "windows": [],
        }
    )
    with watched(fleet, store, "human", password, yes=True) as (running, watch):
        done = carry_out(running, plan, RunSettings(campaign=settings), watch=watch)
    return done, apply_document(plan.hash, done)


def apply_document(plan_hash: str, done: Applied) -> ApplyDocument:
    return ApplyDocument(
        run=done.run,
        plan_hash=plan_hash,
        check=False,
        interrupted=done.interrupted,
        state=done.state,
        outcomes=done.outcomes,
    )


def tell(fleet: Fleet, form: Format, plan_hash: str, done: Applied) -> int:
    """What became of a run: its outcomes, its lists of hosts, what to do next; the exit code."""
    document = apply_document(plan_hash, done)
    lists = write_lists(fleet, done.run, [*by_outcome(done.outcomes), *by_verdict(done.verdicts)])
    limits = as_limits(lists)
    # a stream of events has told everything already
    if form != "jsonl":
        emit(form, document, [], lambda: terminal.outcomes(done.outcomes, limits, done.verdicts))
    if lists:
        say(f"lists of hosts: {next(iter(lists.values())).parent}")
    suggest(fleet, *after_apply(done.outcomes, run=done.run, state=done.state, limits=limits))
    return code_of(done, done.outcomes)


def code_of(done: Applied, outcomes: Iterable[Outcome]) -> int:
    """Of a run, by some of its outcomes."""
    queued = done.state in {"waiting", "running"}
    return of_outcomes(outcomes, interrupted=done.interrupted, stopped=done.state == "stopped", queued=queued)


def check_someone_is_there(intent: Intent, *, yes: bool) -> None:
    """A run that asks between its waves must not find out in the middle that nobody answers."""
    settings = intent.settings.campaign
    divided = intent.resume or settings.waves or settings.canary not in (0, "0%")
    if intent.question and divided and settings.pause == "ask" and not yes and not sys.stdin.isatty():
        raise UsageError(
            "usage/no-terminal",
            "the run asks before each wave (pause: ask), and there is nobody to answer",
            why="nothing on a host is changed without an answer",
            do="run it in a terminal, give --pause a length of time, or --yes",
        )
