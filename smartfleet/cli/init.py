"""`smartfleet init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.cli.output import say
from smartfleet.fleet import write_example
from smartfleet.text import visible


@click.command("init", short_help="Make a fleet folder: settings, inventory, what to do next.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--from", "old", multiple=True, metavar="URL", default=["https://cloud.example.org"], help="A server to leave."
)
@click.option("--to", "new", metavar="URL", default="https://mein.smartde.coop", show_default=True, help="The new one.")
def command(*, folder: Path, old: tuple[str, ...], new: str) -> None:
    """Make a fleet folder: settings, inventory, what to do next.

    Writes a commented smartfleet.yml and an example inventory into DIR. An inventory that is there stays as it is.
    """
    for file in write_example(folder, old, new):
        click.echo(visible(str(file)))
    place = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    say(f"next: name your servers in smartfleet.yml and your machines in inventory/, then: {place}smartfleet doctor")
