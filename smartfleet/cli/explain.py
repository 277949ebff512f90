"""How `smartfleet explain` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred


@click.command("explain", short_help="Explain a nextcloud.cfg that somebody sent, without any host.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "old", metavar="OLD", help="The server that the accounts shall leave.")
@click.option("--to", "new", metavar="NEW", help="The server they shall go to.")
@click.option(
    "--write",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="OUT",
    help="Write the file as a move would leave it; OUT must not exist yet.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="For people, or one JSON document.",
)
@deferred
def command() -> None:
    """Explain a nextcloud.cfg that somebody sent, without any host.

    Its accounts, folders and journals (if they lie beside it), what is wrong with it and, with --from and --to, what a
    move would change. FILE itself is never changed.
    """
