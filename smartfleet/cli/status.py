"""`smartfleet status`."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.options import Format, fleet_option, format_option, limit_option, open_fleet, open_store
from smartfleet.cli.output import emit, suggest
from smartfleet.cli.standing import standing
from smartfleet.cli.work import hosts_of
from smartfleet.report import terminal


@click.command("status", short_help="Show where the fleet stands and what to do next.")
@fleet_option
@limit_option
@format_option
def command(*, folder: Path, limit: str | None, form: Format) -> None:
    """Show where the fleet stands and what to do next.

    Counts by outcome and verdict, the latest runs, the next command. Asks no host.
    """
    fleet = open_fleet(folder)
    store = open_store(fleet)
    document = standing(fleet, store, hosts_of(fleet, limit))
    emit(form, document, document.runs, lambda: terminal.status(document))
    suggest(fleet, document.next)
