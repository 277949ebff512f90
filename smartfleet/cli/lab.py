"""`smartfleet lab`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.cli.output import say
from smartfleet.lab.requirements import check_requirements
from smartfleet.text import visible

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
def up(*, folder: Path) -> None:
    """Start the fleet, and write a fleet folder for it.

    It runs until `smartfleet lab down`. What an earlier lab left in DIR is replaced.
    """
    check_requirements()
    # the lab's packages are an extra: they may be missing until the check has passed
    from smartfleet.lab.lifecycle import start, stop  # noqa: PLC0415
    from smartfleet.lab.scenarios import SCENARIOS, Scenario, build  # noqa: PLC0415

    def tell(scenario: Scenario) -> None:
        say(f"{scenario.name}: {scenario.state}")

    lab = start(folder, tied=False)
    try:
        fleet = build(lab, SCENARIOS, done=tell)
    except BaseException:
        stop(folder)
        raise
    say(f"the old server is {lab.old_url}, the new one {lab.new_url}")
    click.echo(visible(str(fleet)))
    say(f"next: smartfleet audit --fleet {shlex.quote(str(fleet))}")
    say(f"and at the end: smartfleet lab down {_named(folder)}".rstrip())


@command.command("down", short_help="Stop the fleet.")
@folder_argument
def down(*, folder: Path) -> None:
    """Stop the fleet. Its files stay until the next `lab up`."""
    check_requirements()
    from smartfleet.lab.lifecycle import stop  # noqa: PLC0415

    say("the lab is down" if stop(folder) else f"no lab ran in {folder}")


@command.command("status", short_help="Tell whether the fleet runs.")
@folder_argument
def status(*, folder: Path) -> int:
    """Tell whether the fleet runs. Ends with 1 if it does not."""
    check_requirements()
    from smartfleet.lab.lifecycle import attach, stopped  # noqa: PLC0415

    if stopped(folder):
        click.echo("down")
        return 1
    lab = attach(folder)
    click.echo(f"up: old server {lab.old_url}, new server {lab.new_url}, fleet {visible(str(lab.layout.fleet))}")
    return 0


def _named(folder: Path) -> str:
    return "" if folder == DEFAULT else shlex.quote(str(folder))
