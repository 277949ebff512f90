"""What `smartfleet apply` does."""

from __future__ import annotations

import time
from pathlib import Path

import click

from smartfleet.cli import runs
from smartfleet.cli.carry import carry, look_only
from smartfleet.cli.drawing import draw
from smartfleet.cli.going import Wishes
from smartfleet.cli.opening import open_fleet, open_store
from smartfleet.cli.options import Format, become_password, confirm
from smartfleet.cli.output import say, show_aside
from smartfleet.cli.rehearsing import check_all_is_heeded
from smartfleet.cli.work import hosts_of
from smartfleet.fleet import Fleet
from smartfleet.model.plan import Plan
from smartfleet.plan import load_plan
from smartfleet.report import terminal
from smartfleet.store import Store

PLAN_SECONDS = 7 * 24 * 3600.0


"""How old the facts of a saved plan may be. Hosts refuse what has changed anyway; this saves the trip."""


def command(
    *,
    plan_file: Path | None,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    yes: bool,
    ask_become: bool,
    engine: str | None,
    check: bool,
    wishes: Wishes,
    detach: bool,
    resume: str,
    retry: runs.Kind | None,
    before: str,
) -> int:
    if check:
        check_all_is_heeded(wishes, detach=detach, resume=resume, retry=retry, run=before)
    fleet = open_fleet(folder, engine)
    store = open_store(fleet)
    again = resume or retry
    if again and (plan_file or limit is not None or users):
        raise click.UsageError("--resume and --retry take the plan of their run: leave PLAN, --limit, --user out")
    if detach and wishes.until is None and not resume:
        raise click.UsageError("--detach leaves hosts to the queue: say with --until how long they are tried there")
    if (resume and retry) or (before and not retry):
        raise click.UsageError("--run belongs to --retry, and --resume names its run itself")
    if resume:
        intent = runs.of_resume(store, resume, wishes)
    elif retry:
        intent = runs.of_retry(fleet.config.campaign, store, retry, before, wishes)
    else:
        plan = _plan(fleet, store, plan_file, limit, users)
        intent = runs.of_plan(fleet.config.campaign, plan, wishes)
        if intent.question and plan_file is None:
            show_aside(terminal.plan(plan))
    if check:
        return look_only(fleet, store, intent, form, ask_become=ask_become)
    if intent.question and not confirm(intent.question, yes=yes):
        say("nothing was changed")
        return 0
    password = become_password(ask=ask_become) if intent.question else None
    return carry(fleet, store, intent, form, password, yes=yes, stay=not detach)


def _plan(fleet: Fleet, store: Store, plan_file: Path | None, limit: str | None, users: tuple[str, ...]) -> Plan:
    if plan_file is None:
        hosts = hosts_of(fleet, limit)
        return draw(fleet, store, store.each_facts(hosts), hosts, users, audited=store.audited())
    if limit is not None or users:
        raise click.UsageError("a plan is carried out as it stands: give --limit and --user to `smartfleet plan`")
    return load_plan(plan_file, now=time.time(), max_age=PLAN_SECONDS)
