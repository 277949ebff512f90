"""How `smartfleet outbox` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import fleet_option, format_option, yes_option
from smartfleet.cli.queue import ListFirst


@click.group("outbox", cls=ListFirst, short_help="Show what could not be sent yet, and send it.")
def command() -> None:
    """Show what could not be sent yet, and send it.

    Reports and the ends of runs get here before they are sent (`sending` in smartfleet.yml), and stay until they are.
    Without a subcommand it is `list`.
    """


@command.command("list", short_help="Show what waits to be sent, and why it was not.")
@fleet_option
@format_option
@click.option("--sent", is_flag=True, help="Also what was sent in the last 30 days.")
@deferred
def list_() -> None:
    """Show what waits to be sent, and why it was not. Sends nothing."""


@command.command("send", short_help="Send now what waits, also what was given up.")
@click.argument("names", metavar="[ID]...", nargs=-1)
@fleet_option
@format_option
@deferred
def send() -> None:
    """Send now what waits, also what was given up.

    With ID only these. What fails again stays, and the command ends with 3.
    """


@command.command("drop", short_help="Let messages go that need not be sent any more.")
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@fleet_option
@yes_option
@deferred
def drop() -> None:
    """Let messages go that need not be sent any more.

    One that is being sent stays, and the command ends with 3.
    """
