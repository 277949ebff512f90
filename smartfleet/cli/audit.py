"""How `smartfleet audit` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, engine_option, fleet_option, format_option, limit_option, user_option


@click.command("audit", short_help="Look at every Nextcloud client of the hosts; change nothing.")
@fleet_option
@limit_option
@user_option
@format_option
@become_option
@engine_option
@deferred
def command() -> None:
    """Look at every Nextcloud client of the hosts; change nothing.

    Finds the accounts of every user, the server they use, their sync folders and journals, second copies, and what
    stands in the way of a move. What it saw is kept for `plan`, except with --user.
    """
