"""How `smartfleet history` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option

NEWEST = 50
"""How many lines are shown unless all are asked for."""


@click.command("history", short_help="Show who ran what, and prove that nobody changed it.")
@fleet_option
@format_option
@click.option("--all", "everything", is_flag=True, help=f"All lines, not only the newest {NEWEST}.")
@click.option("--check", is_flag=True, help="Prove that no line was changed, added or taken out.")
@click.option(
    "--anchor", metavar="HASH", help="Prove too that the line with this hash, told by an earlier check, is there."
)
@deferred
def command() -> None:
    """Show who ran what, and prove that nobody changed it.

    Each line of the audit trail names the admin, the machine, the command, the plan's hash, the hosts and what came of
    it. Lines are chained by hashes: keep the last one elsewhere, and --anchor shows later if the end was cut off.
    """
