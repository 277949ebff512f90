"""How `smartfleet show` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option


@click.command("show", short_help="Show all that is known of one host.")
@click.argument("host", metavar="HOST")
@fleet_option
@format_option
@deferred
def command() -> None:
    """Show all that is known of one host.

    Its accounts and folders, findings with what mends them, the steps and proofs of its last move, its verdicts.
    """
