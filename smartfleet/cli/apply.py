"""How `smartfleet apply` is called."""

from __future__ import annotations

from pathlib import Path

import click

from smartfleet.cli.deferred import deferred
from smartfleet.cli.going import campaign_options
from smartfleet.cli.grouped import GroupedCommand, GroupedOption
from smartfleet.cli.options import (
    become_option,
    engine_option,
    fleet_option,
    format_option,
    limit_option,
    user_option,
    yes_option,
)

_AGAIN = "Runs that were begun"


@click.command("apply", cls=GroupedCommand, short_help="Move the accounts that a plan names.")
@click.argument("plan_file", metavar="[PLAN]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@fleet_option
@limit_option
@user_option
@format_option
@yes_option
@become_option
@engine_option
@click.option("--check", is_flag=True, help="Hosts only tell what they would do.")
@campaign_options
@click.option(
    "--detach",
    cls=GroupedOption,
    heading="Hosts that are not ready",
    is_flag=True,
    help="With --until: end when every host was tried once; `queue run` goes on.",
)
@click.option(
    "--resume", cls=GroupedOption, heading=_AGAIN, default="", metavar="RUN", help="Go on with a run where it stopped."
)
@click.option(
    "--retry",
    cls=GroupedOption,
    heading=_AGAIN,
    type=click.Choice(["failed", "unreachable", "waiting"]),
    help="A new run over those hosts of an earlier one, with its plan.",
)
@click.option(
    "--run",
    "before",
    cls=GroupedOption,
    heading=_AGAIN,
    default="",
    metavar="RUN",
    help="That earlier run; without it the last one.",
)
@deferred
def command() -> None:
    """Move the accounts that a plan names.

    PLAN is a file that `smartfleet plan` wrote; it is carried out as it stands, on exactly the hosts that it names.
    Without one a plan is made from the last audit, shown, and carried out if you agree.

    Hosts are worked on wave by wave; what is not given here is as `campaign` in smartfleet.yml has it. Ctrl-C lets
    running hosts finish and begins no other; the command that goes on is told at the end.
    """
