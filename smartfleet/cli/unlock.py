"""How `smartfleet unlock` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, fleet_option, format_option, yes_option


@click.command("unlock", short_help="Give a host free that a run holds and will not come back to.")
@click.argument("host", metavar="HOST")
@fleet_option
@format_option
@yes_option
@become_option
@click.option("--force", is_flag=True, help="Also while that run is alive, or a module works on the host.")
@deferred
def command() -> None:
    """Give a host free that a run holds and will not come back to.

    Takes away the lock in the store and what the run has reserved on the host itself. What a move has begun there stays
    as it is: the next apply goes on with it, and rollback takes it back.
    """
