"""How `smartfleet verify` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, engine_option, fleet_option, format_option, limit_option, user_option


@click.command("verify", short_help="Prove that the sync folders are as they were.")
@fleet_option
@limit_option
@user_option
@format_option
@become_option
@engine_option
@click.option(
    "--level",
    type=click.Choice(["size", "content", "journal", "server"]),
    help="How closely: sizes and times, file contents, the client's journal, or the server too.",
)
@click.option(
    "--run", "before", default="", metavar="RUN", help="Compare with what this run noted down before it moved."
)
@click.option(
    "--credentials",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Ask the server from here: YAML with 'login: app password', mode 0600 or encrypted with Ansible Vault.",
)
@deferred
def command() -> None:
    """Prove that the sync folders are as they were.

    A verdict for every folder: match, drift, or unknown with the reason. What the user changed since, what the client
    synced and what was lost are told apart. Changes nothing.
    """
