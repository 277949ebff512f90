"""What `smartfleet init` does."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.cli.output import say
from smartfleet.fleet.example import write_example
from smartfleet.text import visible


def command(*, folder: Path, old: tuple[str, ...], new: str) -> None:
    for file in write_example(folder, old, new):
        click.echo(visible(str(file)))
    place = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    say(f"next: name your servers in smartfleet.yml and your machines in inventory/, then: {place}smartfleet doctor")
