"""How `smartfleet queue` is called."""

from __future__ import annotations

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.options import become_option, engine_option, fleet_option, format_option


class ListFirst(click.Group):
    """Without the name of a subcommand it is `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx)):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group("queue", cls=ListFirst, short_help="Show the hosts that wait, and try those that are due.")
def command() -> None:
    """Show the hosts that wait, and try those that are due.

    Hosts get here with `smartfleet apply --until`. Without a subcommand it is `list`.
    """


@command.command("list", short_help="Show which hosts wait, and when they are tried next.")
@fleet_option
@format_option
@deferred
def list_() -> None:
    """Show which hosts wait, and when they are tried next. Asks no host."""


@command.command("run", short_help="Try the hosts that are due, once.")
@fleet_option
@format_option
@become_option
@engine_option
@deferred
def run_() -> None:
    """Try the hosts that are due, once.

    Of all runs that wait, but for those that another process carries out now. Asks nobody: the runs were agreed to
    when they were begun. Made for a timer; templates/systemd has units to copy.
    """
