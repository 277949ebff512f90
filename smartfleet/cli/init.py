"""How `smartfleet init` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred


@click.command("init", short_help="Make a fleet folder: settings, inventory, what to do next.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--from", "old", multiple=True, metavar="URL", default=["https://cloud.example.org"], help="A server to leave."
)
@click.option("--to", "new", metavar="URL", default="https://mein.smartde.coop", show_default=True, help="The new one.")
@deferred
def command() -> None:
    """Make a fleet folder: settings, inventory, what to do next.

    Writes a commented smartfleet.yml and an example inventory into DIR. An inventory that is there stays as it is.
    """
