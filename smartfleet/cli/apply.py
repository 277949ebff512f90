"""`smartfleet apply`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from smartfleet.campaign.apply import moves
from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.next import after_apply
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    confirm,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
    open_store,
    user_option,
    yes_option,
)
from smartfleet.cli.output import emit, profiles_text, say, show_aside, suggest
from smartfleet.cli.work import draw, hosts_of, move
from smartfleet.fleet import Fleet
from smartfleet.model.plan import Plan
from smartfleet.plan import load_plan
from smartfleet.report import terminal
from smartfleet.store import Store

PLAN_SECONDS = 7 * 24 * 3600.0
"""How old the facts of a saved plan may be. Hosts refuse what has changed anyway; this saves the trip."""


@click.command("apply", short_help="Move the accounts that a plan names.")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@fleet_option
@limit_option
@user_option
@format_option
@yes_option
@become_option
@click.option("--check", is_flag=True, help="Hosts only tell what they would do.")
def command(
    *,
    plan_file: Path | None,
    folder: Path,
    limit: str | None,
    users: tuple[str, ...],
    form: Format,
    yes: bool,
    ask_become: bool,
    check: bool,
) -> int:
    """Move the accounts that a plan names.

    PLAN is a file that `smartfleet plan` wrote; it is carried out as it stands, on exactly the hosts that it names.
    Without one a plan is made from the last audit, shown, and carried out if you agree.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    plan = _plan(fleet, store, plan_file, limit, users)
    work = sum(len(moves(host)) for host in plan.hosts)
    if work and plan_file is None:
        show_aside(terminal.plan(plan))
    if work and not check and not confirm(f"Move {profiles_text(work)} as planned?", yes=yes):
        say("nothing was changed")
        return 0
    password = become_password(ask=ask_become) if work else None
    done, document = move(fleet, store, plan, password, check=check)
    emit(form, document, document.outcomes, lambda: terminal.outcomes(done.outcomes))
    if check or not work:
        say("nothing was changed")
    suggest(fleet, "" if check else after_apply(done.outcomes))
    return of_outcomes(done.outcomes, interrupted=done.interrupted)


def _plan(fleet: Fleet, store: Store, plan_file: Path | None, limit: str | None, users: tuple[str, ...]) -> Plan:
    if plan_file is None:
        hosts = hosts_of(fleet, limit)
        return draw(fleet, store, store.facts(hosts), hosts, users)
    if limit is not None or users:
        raise click.UsageError("a plan is carried out as it stands: give --limit and --user to `smartfleet plan`")
    return load_plan(plan_file, now=time.time(), max_age=PLAN_SECONDS)
