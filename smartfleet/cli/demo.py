"""How `smartfleet demo` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import workers_option


@click.command("demo", short_help="Move a small fleet on this machine, to see it work.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]", default=Path("demo"))
@workers_option
@deferred
def command() -> None:
    """Move a small fleet on this machine, to see it work.

    Starts a lab of 18 machines in DIR (./demo if it is not given), runs doctor, audit, plan, apply, verify and report
    on them, shows what became of each, and stops the lab. Accounts are moved in waves, and while that goes on a laptop
    comes back and users log on, who are then moved too. Takes a bit more than a minute. Nothing is installed, no root
    is needed, and nothing listens but on the loopback interface. With --workers (at least 2) one of them loses its
    power while it moves accounts.
    """
