"""How `smartfleet rollback` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import (
    become_option,
    engine_option,
    fleet_option,
    format_option,
    limit_option,
    user_option,
    yes_option,
)


@click.command("rollback", short_help="Take a move back.")
@fleet_option
@limit_option
@user_option
@format_option
@yes_option
@become_option
@engine_option
@click.option("--run", "run", default="", metavar="RUN", help="Only what this run moved; without it each one's latest.")
@deferred
def command() -> None:
    """Take a move back.

    Puts configuration and journals back as they were, and starts the client with them. What users did in their files
    meanwhile stays.
    """
