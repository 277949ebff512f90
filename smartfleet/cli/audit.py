"""`smartfleet audit`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.codes import of_outcomes
from smartfleet.cli.options import (
    Format,
    become_option,
    become_password,
    fleet_option,
    format_option,
    limit_option,
    open_fleet,
    open_store,
    user_option,
)
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.work import look
from smartfleet.report import terminal


@click.command("audit", short_help="Look at every Nextcloud client of the hosts; change nothing.")
@fleet_option
@limit_option
@user_option
@format_option
@become_option
def command(*, folder: Path, limit: str | None, users: tuple[str, ...], form: Format, ask_become: bool) -> int:
    """Look at every Nextcloud client of the hosts; change nothing.

    Finds the accounts of every user, the server they use, their sync folders and journals, second copies, and what
    stands in the way of a move. What it saw is kept for `plan`, except with --user.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    seen, document = look(fleet, store, limit, users, become_password(ask=ask_become))
    emit(form, document, [*document.hosts, *document.unreached], lambda: terminal.audit(document))
    if seen.facts and not users:
        suggest(fleet, "smartfleet plan")
    return of_outcomes(seen.troubles, interrupted=seen.interrupted)
