"""How `smartfleet plan` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option, limit_option, user_option


@click.command("plan", short_help="Show what a move would change, and save it as a plan.")
@fleet_option
@limit_option
@user_option
@format_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; else in .smartfleet/plans.",
)
@click.option(
    "--orders",
    "orders_folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write what plain ansible-playbook needs to carry the plan out.",
)
@deferred
def command() -> None:
    """Show what a move would change, and save it as a plan.

    Rests on the last audit of each host and asks the new server who it is; no host is touched.
    """
