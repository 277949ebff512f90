"""How `smartfleet worker` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred


@click.command("worker", short_help="Carry one shard for a controller; started by ssh or by a Dask worker.")
@deferred
def command() -> None:
    """Carry one shard for a controller; started by ssh or by a Dask worker.

    Reads what is to be done from stdin and tells on stdout what becomes of it. It is the forced command of the key with
    which a controller signs in on this machine; docs/engines.md shows how. Called by hand it waits for a controller.
    """
