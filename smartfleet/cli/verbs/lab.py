"""What `smartfleet lab` does."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from smartfleet.cli.lab import DEFAULT
from smartfleet.cli.output import say
from smartfleet.lab.requirements import check_requirements
from smartfleet.text import visible


def up(*, folder: Path, workers: int) -> None:
    check_requirements(workers=bool(workers))
    # the lab's packages are an extra: they may be missing until the check has passed
    from smartfleet.lab.lifecycle import start, stop  # noqa: PLC0415
    from smartfleet.lab.scenario import Scenario  # noqa: PLC0415
    from smartfleet.lab.scenarios import build_fleet  # noqa: PLC0415

    def tell(scenario: Scenario) -> None:
        say(f"{scenario.name}: {scenario.state}")

    lab = start(folder, tied=False)
    try:
        fleet = build_fleet(lab, done=tell, workers=workers).fleet
    except BaseException:
        stop(folder)
        raise
    say(f"the old server is {lab.old_url}, the new one {lab.new_url}")
    click.echo(visible(str(fleet)))
    if workers:
        say(f"its hosts are worked on by {workers} workers: smartfleet engines --fleet {shlex.quote(str(fleet))}")
    say(f"next: smartfleet audit --fleet {shlex.quote(str(fleet))}")
    say(f"and at the end: smartfleet lab down {_named(folder)}".rstrip())


def down(*, folder: Path) -> None:
    check_requirements()
    from smartfleet.lab.lifecycle import stop  # noqa: PLC0415

    say("the lab is down" if stop(folder) else f"no lab ran in {folder}")


def status(*, folder: Path) -> int:
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
