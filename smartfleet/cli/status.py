"""How `smartfleet status` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option, limit_option


@click.command("status", short_help="Show where the fleet stands and what to do next.")
@fleet_option
@limit_option
@format_option
@deferred
def command() -> None:
    """Show where the fleet stands and what to do next.

    Counts by outcome and verdict, the latest runs, the next command. Asks no host.
    """
