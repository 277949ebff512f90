"""How `smartfleet engines` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option


@click.command("engines", short_help="Show who works on which site, and ask every worker whether it can.")
@fleet_option
@format_option
@deferred
def command() -> None:
    """Show who works on which site, and ask every worker whether it can.

    Each worker is asked for its version, its playbooks, ansible-core, its free disk space and its clock, in the way
    that shards go to it. Nothing is begun and no host is connected to. Exit code 1 if an engine or a worker cannot be
    used.
    """
