"""How `smartfleet lab` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import workers_option

DEFAULT = Path("lab")
folder_argument = click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), metavar="[DIR]", default=DEFAULT
)


@click.group("lab", short_help="Start and stop that small fleet.")
def command() -> None:
    """Start and stop that small fleet.

    A Nextcloud-compatible server with two names and a dozen SSH hosts, all on the loopback interface of this machine;
    nothing is installed and no root is needed. DIR is ./lab if it is not given.
    """


@command.command("up", short_help="Start the fleet, and write a fleet folder for it.")
@folder_argument
@workers_option
@deferred
def up() -> None:
    """Start the fleet, and write a fleet folder for it.

    It runs until `smartfleet lab down`. What an earlier lab left in DIR is replaced. With --workers the hosts belong to
    two sites: one is worked on by machines behind ssh, the other by a Dask cluster of the same machines.
    """


@command.command("down", short_help="Stop the fleet.")
@folder_argument
@deferred
def down() -> None:
    """Stop the fleet. Its files stay until the next `lab up`."""


@command.command("status", short_help="Tell whether the fleet runs.")
@folder_argument
@deferred
def status() -> None:
    """Tell whether the fleet runs. Ends with 1 if it does not."""
